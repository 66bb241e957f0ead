// The primary of a cluster that restarts its workers one after the other: `restartsWorkers.js WORKERS LIBRARY OPTIONS`. It passes on
// what they say. It restarts them at every message, and says 'restarted'.
const cluster = require('node:cluster');
const { once } = require('node:events');
const { join } = require('node:path');

const [count, ...args] = process.argv.slice(2);
cluster.setupPrimary({ exec: join(__dirname, 'servesUntilTerm.js'), args });

async function start() {
  const worker = cluster.fork();
  worker.on('message', (said) => process.send(said));
  // Its message says that its server is ready; it comes behind the event 'listening'.
  await once(worker, 'message');
  return worker;
}

async function restart(worker) {
  const next = await start();
  worker.process.kill('SIGTERM');
  const [code, signal] = await once(worker, 'exit');
  process.send({ ended: code ?? signal });
  return next;
}

async function main() {
  let workers = await Promise.all(Array.from({ length: Number(count) }, start));
  process.send('serves');
  process.on('message', async () => {
    const next = [];
    for (const worker of workers) next.push(await restart(worker));
    workers = next;
    process.send('restarted');
  });
}

process.on('disconnect', () => {
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
  process.exit();
});
main();
