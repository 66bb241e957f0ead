// A server and its clients, while every subscriber of every channel throws. Prints what the connections did, and how many errors
// came as `uncaughtException`.
const { channel, subscribe } = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');
const { lines, openConnection, startServer, writeTo } = require('./fromSource');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const read = (name) => readFileSync(join(__dirname, `localhost.${name}.pem`));
const tls = { cert: read('cert'), key: read('key') };
const host = '127.0.0.1';
const thrown = {};
process.on('uncaughtException', ({ message }) => {
  thrown[message] = (thrown[message] ?? 0) + 1;
});
const names = [
  ...['open', 'close', 'pressure', 'held'].map((event) => `rxjs-tcp:connection:${event}`),
  ...['listening', 'close', 'refused', 'failure'].map((event) => `rxjs-tcp:server:${event}`),
  ...['connect', 'handshake'].flatMap((of) =>
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((event) => `tracing:rxjs-tcp:${of}:${event}`),
  ),
];
for (const name of names) {
  subscribe(name, () => {
    throw new Error(name);
  });
}
channel('tracing:rxjs-tcp:connect:start').bindStore(new AsyncLocalStorage(), () => {
  throw new Error('bindStore');
});

async function main() {
  const options = { host, port: 0, tls, maxConnections: 2, slowAfter: 1 };
  const server = await startServer(({ reader, writer }) => reader.pipe(lines(), writeTo(writer)), options);
  const place = { host, port: server.port, tls: { ca: tls.cert, servername: 'localhost' }, slowAfter: 1 };
  const client = await openConnection(place);
  client.writer.write('hello\n');
  const answer = `${await client.reader.readExactly(5)}`;
  const wrong = await openConnection({ ...place, tls: { servername: 'localhost' } }).catch(({ code }) => code);
  const release = client.reader.pause();
  while (thrown['rxjs-tcp:connection:held'] === undefined) await new Promise(setImmediate);
  release();
  const other = await openConnection(place);
  const refused = await openConnection(place).catch(({ code }) => code);
  client.writer.write('again\n');
  const second = `${await client.reader.readExactly(5)}`;
  await Promise.all([client.close(), other.close()]);
  await server.close();
  await new Promise(setImmediate);
  console.log(JSON.stringify({ answer, second, wrong, refused, stats: server.stats(), thrown }));
}

void main();
