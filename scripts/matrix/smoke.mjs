// What must work on every runtime: a line for each check, `ok NAME` or `FAILED NAME: why`, and exit code 1 if one failed.
//   smoke.mjs CERTIFICATE KEY     runs beside an installed rxjs-tcp and rxjs; the certificate is for localhost
import { existsSync, readFileSync } from 'node:fs';
import { connect as connectRaw, createServer as createRawServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { firstValueFrom, lastValueFrom, map, retry, switchMap, toArray } from 'rxjs';
import {
  backoff,
  connect,
  IncompleteReadError,
  lines,
  openConnection,
  readExactly,
  StreamReader,
  startServer,
  writeTo,
} from 'rxjs-tcp';
import { checkConnection, MarbleScheduler, runMarbles, simulate } from 'rxjs-tcp/testing';

const [cert, key] = process.argv.slice(2).map((path) => readFileSync(path));
const serverTls = { cert, key };
const here = { host: '127.0.0.1', port: 0 };
const MIB = 2 ** 20;
/** Milliseconds after which a check hangs. */
const TIME_LIMIT = 30_000;
/** Milliseconds after which a writer that waits has stopped. */
const STOPPED = 1000;

const checks = new Map();
const check = (name, run) => checks.set(name, run);

check('lines there and back, in order', async () => {
  const [client, finish] = await dialed(shout);
  client.writer.write('one\ntwo\n');
  same(`${await client.reader.readLine()}${await client.reader.readLine()}`, 'ONE\nTWO\n');
  client.writer.writeEof();
  same((await client.reader.readAll()).length, 0);
  await finish();
});

check('an answer after FIN', async () => {
  const [client, finish] = await dialed(count);
  client.writer.write(Buffer.alloc(100_000));
  client.writer.writeEof();
  same(`${await client.reader.readLine()}`, '100000\n');
  await finish();
});

check('a writer waits for a peer that does not read', () => stopsFor({}));

check('64 MiB through a slow reader, in order', async () => {
  const seen = [];
  let unread = 0;
  const [client, finish] = await dialed(async ({ reader }) => {
    for (let bytes = await reader.read(MIB); bytes.length > 0; bytes = await reader.read(MIB)) {
      unread = Math.max(unread, reader.bufferedAmount);
      if (seen.at(-1)?.value !== bytes[0]) seen.push({ value: bytes[0], bytes: 0 });
      // A read may go over from one block to the next.
      const next = bytes.indexOf(bytes[0] + 1);
      seen.at(-1).bytes += next < 0 ? bytes.length : next;
      if (next >= 0) seen.push({ value: bytes[next], bytes: bytes.length - next });
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let i = 0; i < 64; i++) {
    client.writer.write(Buffer.alloc(MIB, i));
    await client.writer.drain();
  }
  await client.writer.flush();
  await finish({ timeout: TIME_LIMIT });
  same(
    seen,
    Array.from({ length: 64 }, (_, value) => ({ value, bytes: MIB })),
  );
  most('unread bytes', unread, 4 * MIB);
});

check('a held reader holds its peer, and then gets everything', async () => {
  const [client, finish] = await dialed(async ({ writer }) => {
    for (let i = 0; i < 100; i++) {
      writer.write(Buffer.alloc(65_536));
      await writer.drain();
    }
  });
  const release = client.reader.pause();
  await pause(200);
  most('unread bytes of a held reader', client.reader.bufferedAmount, 512 * 1024);
  release();
  same((await client.reader.readAll()).length, 100 * 65_536);
  await finish();
});

check('reset() is ECONNRESET for the peer', async () => {
  const [accept, accepted] = accepting();
  const [client, finish] = await dialed(accept);
  const reading = client.reader.read(1);
  (await accepted).reset();
  same(codeOf(await failure(reading)), 'ECONNRESET');
  same((await client.closed).by, 'reset');
  await finish();
});

check('a refused connection is ECONNREFUSED', async () => {
  same((await failure(openConnection({ ...here, port: await freePort() }))).code, 'ECONNREFUSED');
});

check('time limits: of a read, of silence', async () => {
  const [client, finish] = await dialed(({ closed }) => closed, {}, { idleTimeout: 300 });
  same((await failure(client.reader.readLine({ timeout: 50 }))).code, 'ERR_SOCKET_TIMEOUT');
  same((await client.closed).by, 'timeout');
  await finish();
});

check('an AbortSignal gives up a read, and a dialing', async () => {
  const [client, finish] = await dialed(({ closed }) => closed);
  const giveUp = new AbortController();
  setTimeout(() => giveUp.abort(), 20);
  same((await failure(client.reader.read(1, { signal: giveUp.signal }))).name, 'AbortError');
  same((await failure(openConnection({ ...here, port: 1, signal: AbortSignal.abort() }))).name, 'AbortError');
  client.destroy();
  await finish();
});

check('a Unix socket, whose file goes with its server', async () => {
  if (process.platform === 'win32') return 'no Unix sockets on Windows';
  const path = join(tmpdir(), `rxjs-tcp-${process.pid}.sock`);
  const server = await startServer(shout, { path });
  const client = await openConnection({ path });
  client.writer.write('x\n');
  same(`${await client.reader.readLine()}`, 'X\n');
  await client.close();
  await server.close();
  same(existsSync(path), false);
});

check('TLS, verified', async () => {
  const [client, finish] = await dialed(shout, { tls: serverTls }, secure());
  client.writer.write('tls\n');
  same(`${await client.reader.readLine()}`, 'TLS\n');
  client.writer.writeEof();
  same((await client.reader.readAll()).length, 0);
  await finish();
});

check('TLS refuses an unknown certificate', async () => {
  const server = await startServer(shout, { ...here, tls: serverTls });
  server.errors.subscribe();
  const { code } = await failure(openConnection({ host: 'localhost', port: server.port, family: 4, tls: true }));
  await server.close({ timeout: 200 });
  if (code === undefined) throw new Error('it has no code');
});

check('TLS: an answer after FIN', async () => {
  const [client, finish] = await dialed(count, { tls: serverTls }, secure());
  client.writer.write('abc');
  client.writer.writeEof();
  same(`${await client.reader.readLine()}`, '3\n');
  await finish();
});

check('TLS: a writer waits for a peer that does not read', () => stopsFor({ tls: serverTls }, secure()));

check('STARTTLS on both sides', async () => {
  const [client, finish] = await dialed(
    async (connection) => {
      await connection.reader.readLine();
      connection.writer.write('go\n');
      await connection.startTls(serverTls);
      connection.writer.write(`secure ${await connection.reader.readLine()}`);
    },
    {},
    { host: 'localhost', family: 4 },
  );
  client.writer.write('STARTTLS\n');
  same(`${await client.reader.readLine()}`, 'go\n');
  await client.startTls({ ca: cert });
  client.writer.write('hello\n');
  same(`${await client.reader.readLine()}`, 'secure hello\n');
  await finish();
});

check('what is known of a TLS connection', async () => {
  const tls = { ...serverTls, ALPNProtocols: ['x'] };
  const [client, finish] = await dialed(shout, { tls }, secure({ ALPNProtocols: ['x'] }));
  client.writer.write('q\n');
  await client.reader.readLine();
  const { remoteAddress, bytesRead, bytesWritten, writer } = client;
  same([remoteAddress, bytesRead, bytesWritten, writer.getExtraInfo('alpn')], ['127.0.0.1', 2, 2, 'x']);
  for (const name of ['cipher', 'peercert']) if (!writer.getExtraInfo(name)) throw new Error(`there is no ${name}`);
  await finish();
});

check('connect, retry and backoff', async () => {
  let visits = 0;
  const server = await startServer((connection) => {
    if (++visits < 3) connection.reset();
    else connection.writer.write('welcome\n');
  }, here);
  const dialing = connect({ ...here, port: server.port }).pipe(
    switchMap(({ reader }) => reader.pipe(lines())),
    retry({ count: 5, delay: backoff({ initial: 5 }) }),
  );
  same([await firstValueFrom(dialing), visits], ['welcome', 3]);
  await server.close({ timeout: 500 });
});

check('a closing server lets its handlers finish', async () => {
  const [client, , server] = await dialed(async ({ reader, writer }) => {
    const line = await reader.readLine();
    await pause(100);
    writer.write(line);
  });
  client.writer.write('late\n');
  await pause(50);
  const closing = server.close();
  same(`${await client.reader.readLine()}`, 'late\n');
  await client.close();
  await closing;
});

check('readers of web streams, Node streams and iterables', async () => {
  const web = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('a\nb'));
      controller.close();
    },
  });
  for (const source of [web, Readable.from([Buffer.from('a\nb')]), [Buffer.from('a\n'), Buffer.from('b')]]) {
    same(await lastValueFrom(StreamReader.from(source).pipe(lines(), toArray())), ['a', 'b']);
  }
});

check("a connection on a socket of the program's own", async () => {
  const server = await startServer(shout, here);
  const client = await openConnection({ socket: connectRaw(server.port, '127.0.0.1') });
  client.writer.write('q\n');
  same(`${await client.reader.readLine()}`, 'Q\n');
  await client.close();
  await server.close();
});

check('maxConnections', async () => {
  const server = await startServer(shout, { ...here, maxConnections: 1 });
  const [one, two] = [await open(server), await open(server)];
  one.writer.write('a\n');
  same(`${await one.reader.readLine()}`, 'A\n');
  same(
    await two.reader.read(1).then(
      ({ length }) => length,
      () => 0,
    ),
    0,
  );
  two.destroy();
  await one.close();
  await server.close();
});

check('400 clients at once', async () => {
  const server = await startServer(shout, here);
  const talk = async (i) => {
    const client = await open(server);
    client.writer.write(`client ${i}\n`);
    same(`${await client.reader.readLine()}`, `CLIENT ${i}\n`);
    await client.close();
  };
  await Promise.all(Array.from({ length: 400 }, (_, i) => talk(i)));
  await server.close();
});

check('checkConnection over TCP', () =>
  checkConnection(async (options) => {
    const [accept, accepted] = accepting();
    const server = await startServer(accept, { ...here, ...options });
    const near = await open(server, options);
    return [near, await accepted, () => server.close({ timeout: 100 })];
  }),
);

check('virtual time: marbles, simulations', () => {
  runMarbles(({ connection, expectObservable }) => {
    expectObservable(connection('a-b|', { a: 'on', b: 'e\n' }).reader.pipe(lines())).toBe('--a|', { a: 'one' });
  });
  const answered = ({ client, server: { reader, writer } }) => {
    reader.pipe(lines(), writeTo(writer, { end: true })).subscribe({ error: () => {} });
    client.writer.write('x\n');
    client.writer.writeEof();
    return client.reader.pipe(lines());
  };
  simulate(answered, { runs: 20, plan: { split: 0.5 } });
});

check('an error on a time line is an error, with its stack', () => {
  const failures = [];
  const scheduler = new MarbleScheduler((seen) => {
    for (const { notification } of Array.isArray(seen) ? seen : []) {
      if (notification?.kind === 'E') failures.push(notification.error);
    }
  });
  scheduler.run(({ connection, expectObservable }) => {
    expectObservable(connection('a|', { a: 'ab' }).reader.pipe(readExactly(4))).toBe('-#', {}, IncompleteReadError);
  });
  const [error] = failures;
  same([error instanceof IncompleteReadError, types.isNativeError(error), typeof error.stack], [true, true, 'string']);
});

check('await using', async () => {
  const server = await startServer(shout, here);
  const client = await open(server);
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A server's handler: sends every line back in capitals. */
function shout({ reader, writer }) {
  return reader.pipe(
    lines(),
    map((line) => `${line.toUpperCase()}\n`),
    writeTo(writer),
  );
}

/** A server's handler: says how many bytes came, once FIN has. */
async function count({ reader, writer }) {
  writer.write(`${(await reader.readAll()).length}\n`);
}

/** Options of a client that trusts the server. */
function secure(options = {}) {
  return { host: 'localhost', family: 4, tls: { ca: cert, ...options } };
}

function open(server, options) {
  return openConnection({ ...here, port: server.port, ...options });
}

/** A server with this handler and a client of it, and what closes both. */
async function dialed(handler, ofServer = {}, ofClient = {}) {
  const server = await startServer(handler, { ...here, ...ofServer });
  const failures = [];
  server.errors.subscribe(({ error }) => failures.push(error));
  const client = await open(server, ofClient);
  const finish = async (options = { timeout: 500 }) => {
    await client.close();
    await server.close(options);
    if (failures.length > 0) throw failures[0];
  };
  return [client, finish, server];
}

/** Writes to a peer that reads nothing: 64 MiB must not go through. */
async function stopsFor(ofServer, ofClient) {
  const [accept, accepted] = accepting();
  const [client, , server] = await dialed(accept, ofServer, ofClient);
  (await accepted).reader.pause();
  const block = Buffer.alloc(65_536);
  let sent = 0;
  let stopped = false;
  while (!stopped && sent < 64 * MIB) {
    client.writer.write(block);
    sent += block.length;
    stopped = await Promise.race([client.writer.drain().then(() => false), pause(STOPPED).then(() => true)]);
  }
  client.destroy();
  (await accepted).destroy();
  await server.close({ timeout: 100 });
  if (!stopped) throw new Error('64 MiB went through a peer that does not read');
}

/** A server's handler that keeps its connection open, and a promise of that connection. */
function accepting() {
  let accept;
  const accepted = new Promise((resolve) => {
    accept = resolve;
  });
  const handler = (connection) => {
    accept(connection);
    return connection.closed;
  };
  return [handler, accepted];
}

async function freePort() {
  const server = createRawServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a promise rejects with. */
async function failure(promise) {
  const value = await promise.catch((error) => ({ error }));
  if (value?.error === undefined) throw new Error('it does not fail');
  return value.error;
}

/** The code of a system error, or of the one beneath. */
function codeOf({ code, cause }) {
  return cause?.code ?? code;
}

function same(seen, expected) {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (one !== other) throw new Error(`there is ${one.slice(0, 200)}, and there should be ${other.slice(0, 200)}`);
}

function most(what, seen, limit) {
  if (seen > limit) throw new Error(`${what}: ${seen}, and at most ${limit} are allowed`);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Fails for a check that takes too long. */
async function inTime(run) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes more than ${TIME_LIMIT} ms`)), TIME_LIMIT);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

let failed = 0;
let stray = [];
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error) => stray.push(error));
for (const [name, run] of checks) {
  stray = [];
  try {
    const note = await inTime(run);
    if (stray.length > 0) throw stray[0];
    console.log(`ok ${name}${note === undefined ? '' : ` (${note})`}`);
  } catch (error) {
    failed++;
    console.log(
      `FAILED ${name}: ${String(error?.stack ?? error)
        .split('\n')
        .slice(0, 4)
        .join(' ')}`,
    );
  }
}
console.log(`${checks.size - failed} of ${checks.size} checks passed`);
process.exit(failed === 0 ? 0 : 1);
