import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dialNet } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { type Connection, concatMapPausing, lines, openConnection, type Server, startServer } from 'rxjs-tcp';
import { logConnections } from '../src/logs.js';
import { testCertificate } from '../src/testCertificate.js';
import { until } from './until.js';

const host = '127.0.0.1';
const SECRET = 'SeCrEt';
const SECRET_HEX = Buffer.from(SECRET).toString('hex');

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [name: string]: unknown;
}
const [DEBUG, INFO, WARN] = [20, 30, 40];
let text: string[] = [];
let stop: () => void;
let now = 0;
let servers: Server[] = [];

beforeEach(() => {
  [text, now] = [[], 0];
  const logger = pino({ level: 'trace', base: null }, { write: (line: string) => void text.push(line) });
  stop = logConnections(logger, () => now);
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close({ timeout: 100 })));
  servers = [];
  stop();
});

const all = (): Line[] => text.map((line) => JSON.parse(line));
const logged = (msg: string | RegExp): Line[] =>
  all().filter((line) => (typeof msg === 'string' ? line.msg === msg : msg.test(line.msg)));

async function serve(...args: Parameters<typeof startServer>): Promise<{ host: string; port: number }> {
  const server = await startServer(...args);
  server.errors.subscribe();
  servers.push(server);
  return { host, port: server.port! };
}

describe('logs', () => {
  it('have one line of JSON for each event, with the state of the connection', async () => {
    const to = await serve(async ({ reader }) => void (await reader.readLine()), { host, port: 0 });
    const connection = await openConnection(to);
    connection.writer.write('hello\n');
    await connection.reader.readAll();
    await connection.close();
    await until('both are closed', () => logged('close').length === 2);

    for (const line of text) assert.match(line, /^\{.*\}\n$/);
    const [listening] = logged('listening') as [Line];
    assert.equal(listening.level, INFO);
    assert.deepEqual((listening.server as { addresses: string[] }).addresses, [`${host}:${to.port}`]);
    assert.deepEqual(
      logged('open').map(({ level }) => level),
      [DEBUG, DEBUG],
    );
    const closed = logged('close').map(({ connection }) => connection as Record<string, unknown>);
    const server = closed.find(({ local }) => local === `${host}:${to.port}`)!;
    assert.equal(server.bytesRead, 6);
    assert.equal(server.state, 'closed by local');
    assert.equal(server.remote, `${host}:${connection.localPort}`);
    assert.deepEqual(
      all().filter(({ level }) => level >= WARN),
      [],
    );
  });

  it('have no byte of the peer, however a connection ends', async () => {
    const say = async (connection: Connection, bytes: string) => {
      connection.writer.write(bytes);
      await connection.writer.flush();
    };
    const to = await serve(
      ({ reader }) =>
        reader.pipe(
          lines({ limit: 100, fatal: true }),
          concatMapPausing(async (line) => {
            if (line.startsWith('fail')) throw new Error(`Cannot answer ${line}`);
          }),
        ),
      { host, port: 0 },
    );
    for (const bytes of [`${SECRET}\n`, `fail ${SECRET}\n`, `${SECRET}\xff`, `${SECRET.repeat(100)}`]) {
      const connection = await openConnection(to);
      await say(connection, bytes);
      connection.writer.writeEof();
      await connection.reader.readAll().catch(() => {});
      await connection.close();
    }
    const half = await openConnection(to);
    await say(half, SECRET);
    await until('the server has it', () => servers[0]!.stats().bytesRead > 0);
    half.reset();
    const secure = await serve(() => {}, { host, port: 0, tls: testCertificate });
    const garbage = dialNet(secure).on('error', () => {});
    garbage.end(`GET /${SECRET} HTTP/1.1\r\n\r\n`).resume();
    await once(garbage, 'close');
    await until('the handshake has failed', () => servers[1]!.stats().failed === 1);
    await until('all are closed', () => servers[0]!.stats().open === 0 && logged('close').length === 10);

    assert.deepEqual([...new Set(logged('failed').map(({ stage }) => stage))], ['handler', 'handshake']);
    assert.ok(logged('failed').some(({ error, level }) => error === 'Error' && level === WARN));
    const whole = text.join('');
    assert.ok(!whole.includes(SECRET) && !whole.includes(SECRET_HEX));
    assert.ok(!whole.includes(Buffer.from(SECRET).toString('base64')) && !whole.includes('"data":['));
    assert.doesNotMatch(whole, /PRIVATE KEY|CERTIFICATE/);
  });

  it('warn of a held reader, by name', async () => {
    let release = () => {};
    const to = await serve(
      ({ reader }) =>
        reader.pipe(
          lines(),
          concatMapPausing(() => new Promise<void>((resolve) => (release = resolve))),
        ),
      { host, port: 0, slowAfter: 1 },
    );
    const connection = await openConnection(to);
    connection.writer.write('one\n');
    await until('it is told', () => logged(/^held by/).length === 1);
    const [held] = logged(/^held by/) as [Line];
    assert.equal(held.msg, 'held by concatMapPausing');
    assert.equal(held.level, WARN);
    release();
    connection.destroy();
  });

  it('have refused connections and probes as debug', async () => {
    const to = await serve(({ reader }) => reader, { host, port: 0, maxConnections: 1 });
    const first = await openConnection(to);
    const second = await openConnection(to);
    await second.reader.readAll().catch(() => {});
    await second.close();
    const secure = await serve(() => {}, { host, port: 0, tls: testCertificate });
    const probe = dialNet(secure);
    await once(probe, 'connect');
    probe.destroy();
    await until('the probe is told', () => logged('probe').length === 1);
    await first.close();
    assert.deepEqual(
      logged('refused').map(({ level, reason }) => [level, reason]),
      [[DEBUG, 'maxConnections']],
    );
    assert.deepEqual(
      logged('probe').map(({ level, stage }) => [level, stage]),
      [[DEBUG, 'handshake']],
    );
  });

  it('have ten warnings of one kind a second, and say how many were left out', async () => {
    const to = await serve(
      () => {
        throw new Error('no');
      },
      { host, port: 0 },
    );
    const fail = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const before = servers[0]!.stats().failed;
        const connection = await openConnection(to);
        await connection.reader.readAll().catch(() => {});
        await connection.close();
        await until('it has failed', () => servers[0]!.stats().failed > before);
      }
    };
    await fail(25);
    assert.equal(logged('failed').length, 10);
    now = 1_000;
    await fail(2);
    assert.deepEqual(
      logged('failed')
        .slice(10)
        .map(({ omitted }) => omitted),
      [15, undefined],
    );
  });
});
