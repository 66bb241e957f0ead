// Answers lines until SIGTERM, and drains: `servesUntilTerm.js LIBRARY OPTIONS`. It works as a forked process and as a worker of a
// cluster. Each answer begins with its process id.
const cluster = require('node:cluster');

const [library, options] = process.argv.slice(2);
const { startServer } = require(library);

async function answer({ reader, writer, draining }) {
  // A client that has just dialed has something to ask.
  let line = await reader.readLine();
  while (line.length > 0) {
    writer.write(`${process.pid} ${line}`);
    await writer.drain();
    line = await reader.readLine({ signal: draining });
  }
}

async function main() {
  const server = await startServer(answer, JSON.parse(options));
  server.errors.subscribe(({ error }) => process.send({ failure: `${error}` }));
  process.send({ pid: process.pid, port: server.port });
  await server.serveForever({ timeout: 5000 });
  // It sends connections back that the primary has passed on meanwhile; `process.disconnect()` would forget them.
  if (cluster.isWorker) cluster.worker.disconnect();
  else process.disconnect();
}

main().catch((error) => process.send({ failure: `${error}` }, () => process.exit(1)));
