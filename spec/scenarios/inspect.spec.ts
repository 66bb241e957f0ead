import { inspect } from 'node:util';
import { of } from 'rxjs';
import {
  ByteBuffer,
  connectionPair,
  framed,
  ndjson,
  openConnection,
  requests,
  StreamReader,
  startServer,
} from '../../src';
import { SERVER_TLS } from '../support/certificates';
import { plainPair } from '../support/plainPair';
import { socketPaths } from '../support/socketPaths';
import { transports } from '../support/transports';

// What `console.log` and `JSON.stringify` show: one line or the same fields, and no byte, no key and no private field.

const SECRET = 'a secret of the peer';

/** In every way in which a program prints a value. */
function printed(value: unknown): string[] {
  const everything = { depth: Number.POSITIVE_INFINITY, showHidden: true, compact: false } as const;
  return [inspect(value), inspect(value, everything), inspect(value, { depth: -1 })];
}

function expectOneLine(value: unknown, expected: RegExp): void {
  for (const line of printed(value)) {
    expect(line).toMatch(expected);
    expect(line).not.toContain('\n');
    expect(line.length).toBeLessThanOrEqual(200);
  }
  expect(JSON.stringify(value)).not.toContain(SECRET);
}

describe('inspect', () => {
  it('shows a connection, its halves and its frames in one line each, without its bytes', async () => {
    const { client, server, release } = await plainPair();
    const hold = server.reader.pause();
    client.writer.write(SECRET);
    await client.writer.flush();
    while (server.bytesRead < SECRET.length) await new Promise(setImmediate);

    const ends = /^Connection { 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+, open, read 0 B, written 20 B }$/;
    expectOneLine(client, ends);
    expectOneLine(
      server,
      /^Connection { 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+, open, read 20 B, written 0 B, 20 B unread, held \d+ ms by pause }$/,
    );
    expectOneLine(server.reader, /^StreamReader { open, 20 B unread, limit 64 KiB, held \d+ ms by pause }$/);
    expectOneLine(client.writer, /^StreamWriter { open, written 20 B, 0 B queued }$/);
    expectOneLine(framed(server, ndjson()), /^FramedConnection { 127.*20 B unread.* }$/);
    hold();
    expect(`${await server.reader.read(100)}`).toBe(SECRET);
    await release();
    expectOneLine(
      client,
      /^Connection { 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+, closed by local, read 0 B, written 20 B }$/,
    );
    expectOneLine(client.writer, /^StreamWriter { closed, /);
  });

  it('shows the same fields as JSON', () => {
    const [connection] = connectionPair();
    expect(JSON.parse(JSON.stringify(connection))).toEqual({
      state: 'open',
      bytesRead: 0,
      bytesWritten: 0,
      unread: 0,
      queued: 0,
      openedAt: expect.any(Number),
    });
    expect(Object.keys(JSON.parse(JSON.stringify({ connection })))).toEqual(['connection']);
  });

  it('shows TLS and its version, and no key', async () => {
    const ends = await transports.find(({ name }) => name === 'TLS')!.open('client');
    expectOneLine(ends.near, /^Connection { .*, open, TLSv1\.3, read 0 B, written 0 B }$/);
    await ends.release();
    expectOneLine(ends.near, /^Connection { .*, closed by \w+, TLS, /);
    const server = await startServer(() => undefined, { host: '127.0.0.1', port: 0, tls: SERVER_TLS });
    expectOneLine(server, /^Server { 127\.0\.0\.1:\d+, serving, TLS, 0 open, 0 accepted, read 0 B, written 0 B }$/);
    expect(JSON.stringify(server)).not.toMatch(/KEY|CERT/);
    const closing = server.close();
    expectOneLine(server, /stopping/);
    await closing;
    expectOneLine(server, /^Server { 127\.0\.0\.1:\d+, closed, TLS, /);
  });

  it('shows the states of a connection', async () => {
    const [near, far] = connectionPair();
    far.writer.writeEof();
    await near.reader.readAll();
    expectOneLine(near, /peer ended/);
    expectOneLine(far, /writing ended/);
    const closed = far.close();
    expectOneLine(far, /closing/);
    await near.close();
    await closed;
    expectOneLine(near, /closed by peer/);
    const [one, other] = connectionPair();
    one.reset();
    await other.closed;
    expectOneLine(other, /closed by reset/);
  });

  it('shows pressure and queued bytes', () => {
    const [{ writer }] = connectionPair();
    writer.write(Buffer.alloc(3 * 1024 * 1024, 'x'));
    expectOneLine(writer, /^StreamWriter { open, written .*, .* queued, under pressure \d+ ms }$/);
  });

  it('shows long and strange paths in one short line', async () => {
    const paths = socketPaths();
    const path = paths.path('a\u001b[31m');
    const server = await startServer(({ closed }) => closed, { path });
    const client = await openConnection({ path });
    expectOneLine(server, /^Server { \S*a\?\[31m, serving, \d open/);
    expectOneLine(client, /^Connection { \? → \S*a\?\[31m, open, /);
    client.destroy();
    await server.close({ timeout: 1 });
    paths.remove();
  });

  it('shows a reader of any source, a buffer and requests', async () => {
    const reader = StreamReader.from(of(Buffer.from(SECRET)));
    expectOneLine(reader, /^StreamReader { ended, 20 B unread, limit 64 KiB }$/);
    const buffer = new ByteBuffer();
    buffer.append(Buffer.from(SECRET));
    expectOneLine(buffer, /^ByteBuffer { 20 B unread, limit 64 KiB }$/);
    expect(JSON.stringify(buffer)).toBe('{"unread":20,"limit":65536}');
    const [client] = connectionPair();
    const asking = requests(client, ndjson());
    const reply = asking.request({ SECRET });
    reply.catch(() => {});
    expectOneLine(asking, /^Requests { open, 1 in flight, 0 queued }$/);
    client.destroy();
    await asking.close();
    expectOneLine(asking, /^Requests { closed, /);
  });

  it('shows a proxy, an heir and a subclass', () => {
    const [connection] = connectionPair();
    expectOneLine(new Proxy(connection, {}), /^Connection { open, /);
    expectOneLine(Object.create(connection), /^Connection { open, /);
    class MyReader extends StreamReader {}
    expectOneLine(new MyReader(), /^StreamReader { open, /);
    expect(inspect(StreamReader.prototype)).toEqual(expect.any(String));
  });
});
