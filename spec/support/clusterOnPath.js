// A cluster of workers that get commands, like `startsOnPath.js`, with their index: `clusterOnPath.js WORKERS LIBRARY
// PATH`.
const cluster = require('node:cluster');
const { join } = require('node:path');

const [count, ...args] = process.argv.slice(2);
cluster.setupPrimary({ exec: join(__dirname, 'startsOnPath.js'), args });
const workers = Array.from({ length: Number(count) }, () => cluster.fork());
for (const [index, worker] of workers.entries()) worker.on('message', (said) => process.send([index, said]));
process.on('message', ([index, order]) => workers[index].send(order));
process.on('disconnect', () => process.exit());
