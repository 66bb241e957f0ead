// Proves that a connection on any Duplex ends, however the stream breaks and whatever it fails to report.
import { once } from 'node:events';
import { Duplex, type DuplexOptions } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Connection, ConnectionClosedError, lines, openConnection } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { duplexPair } from '../support/duplexPair';
import { failureOf } from '../support/failureOf';
import { record } from '../support/record';
import { until } from '../support/until';

/** What OpenSSL 3.0, of Node 20, calls plaintext where a record is due, and what 3.5 calls it. */
const BROKEN_RECORD = /^ERR_SSL_(WRONG_VERSION_NUMBER|BAD_RECORD_TYPE)$/;

const DISK_FULL = new Error('disk full');

/** Streams whose `'close'` or callbacks are unreliable, and a regular one. */
const KINDS: [string, DuplexOptions][] = [
  ['is regular', {}],
  ['emits no close', { emitClose: false }],
  ['is not destroyed by its errors', { autoDestroy: false }],
  ['is not destroyed by its errors, and emits no close', { autoDestroy: false, emitClose: false }],
  ['never finishes its destroy()', { destroy: () => {} }],
  ['finishes its destroy() later', { destroy: (error, done) => void setImmediate(done, error) }],
  ['is in object mode', { objectMode: true }],
  ['is in object mode, and emits no close', { objectMode: true, emitClose: false }],
];

/** A stream that accepts every write and sends the pushed chunks. */
function duplex(options: DuplexOptions = {}): Duplex {
  return new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(), ...options });
}

async function open(stream: Duplex): Promise<Connection> {
  return openConnection({ socket: stream });
}

/** Calls everything that waits for the end. */
async function expectSettled(connection: Connection): Promise<void> {
  await connection.writer.waitClosed();
  expect(await connection.close({ timeout: 0 })).toBe(await connection.closed);
  connection.destroy();
  connection.reset();
  expect(() => connection.writer.write('x')).toThrow(ConnectionClosedError);
  expect(connection.writer.isClosing()).toBe(true);
  expect(connection.signal.aborted).toBe(true);
}

describe.each(KINDS)('a Duplex that %s', (_kind, options) => {
  it('is closed by destroy(), which rejects every waiter', async () => {
    const stream = duplex({ ...options, write: () => {} });
    const connection = await open(stream);
    connection.writer.write('stuck');
    const waiting = [connection.reader.readLine(), connection.writer.flush()].map(failureOf);
    connection.destroy();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(await connection.closed).toEqual({ by: 'local' });
    expect(stream.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('is closed by reset()', async () => {
    const connection = await open(duplex(options));
    connection.reset();
    expect(await connection.closed).toEqual({ by: 'local' });
    await expectSettled(connection);
  });

  it('is closed by close() once the peer has ended, after the queued bytes', async () => {
    const written: string[] = [];
    const stream = duplex({ ...options, write: (chunk, _encoding, done) => void done(void written.push(`${chunk}`)) });
    const connection = await open(stream);
    connection.writer.write('last words');
    const closed = connection.close({ timeout: 0 });
    stream.push(null);
    expect(await closed).toEqual({ by: 'local' });
    expect(written).toEqual(['last words']);
    await expectSettled(connection);
  });

  it('is closed by close() when the peer does not end in time', async () => {
    const connection = await open(duplex(options));
    expect(await connection.close({ timeout: 1 })).toEqual({ by: 'local' });
    await expectSettled(connection);
  });

  it('delivers the bytes before an error, and then the error', async () => {
    const stream = duplex(options);
    const connection = await open(stream);
    const { seen } = record(connection.reader.pipe(lines()));
    stream.push(Buffer.from('one\ntw'));
    await until('it has arrived', () => seen.length === 1);
    const held = connection.reader.pause();
    stream.push(Buffer.from('o\nthree'));
    stream.emit('error', DISK_FULL);
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    expect(seen).toEqual(['one']);
    held();
    expect(seen).toEqual(['one', 'two', '# disk full']);
    expect(`${await connection.reader.read(10)}`).toBe('three');
    expect(await failureOf(connection.reader.read(10))).toBe(DISK_FULL);
    expect(stream.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('reports the error it is destroyed with to the read and every other waiter', async () => {
    const stream = duplex(options);
    const connection = await open(stream);
    const waiting = failureOf(connection.reader.readLine());
    stream.destroy(DISK_FULL);
    // A stream that never finishes destroy() does not report its error either: the next write notices it.
    connection.writer.write('x');
    expect(await waiting).toBe(DISK_FULL);
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    await expectSettled(connection);
  });

  it.each([
    ['at once', (done: (error: Error) => void) => done(DISK_FULL)],
    ['later', (done: (error: Error) => void) => void setImmediate(done, DISK_FULL)],
  ])('ends when a write fails %s', async (_when, fail) => {
    const stream = duplex({ ...options, write: (_chunk, _encoding, done) => fail(done) });
    const connection = await open(stream);
    const reading = failureOf(connection.reader.readLine());
    connection.writer.write('x');
    expect(await failureOf(connection.writer.flush())).toMatchObject({
      code: 'ERR_CONNECTION_CLOSED',
      cause: DISK_FULL,
      discarded: 1,
    });
    expect(await reading).toBe(DISK_FULL);
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    expect(stream.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('ends when its end fails', async () => {
    const connection = await open(duplex({ ...options, final: (done) => done(DISK_FULL) }));
    connection.writer.writeEof();
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    await expectSettled(connection);
  });

  it('is given up by close() when its end never finishes', async () => {
    const connection = await open(duplex({ ...options, final: () => {} }));
    const closed = connection.close({ timeout: 1 });
    expect(await closed).toMatchObject({ by: 'timeout', error: { what: 'close', timeout: 1 } });
    await expectSettled(connection);
  });

  it('is noticed by the next write after other code has destroyed it', async () => {
    const stream = duplex(options);
    const connection = await open(stream);
    stream.destroy();
    connection.writer.write('x');
    expect(await connection.closed).toEqual({ by: 'local' });
    expect(await failureOf(connection.reader.readLine())).toBeInstanceOf(ConnectionClosedError);
    await expectSettled(connection);
  });

  it('is noticed by close() after other code has destroyed it', async () => {
    const stream = duplex(options);
    const connection = await open(stream);
    stream.destroy();
    expect(await connection.close({ timeout: 0 })).toEqual({ by: 'local' });
    await expectSettled(connection);
  });

  it('reports its earlier error, after the bytes that had arrived', async () => {
    const stream = duplex(options).on('error', () => {});
    stream.push(Buffer.from('rest'));
    stream.destroy(DISK_FULL);
    const connection = await open(stream);
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    expect(`${await connection.reader.read(10)}`).toBe('rest');
    expect(await failureOf(connection.reader.read(10))).toBe(DISK_FULL);
    await expectSettled(connection);
  });

  it('is closed if it was destroyed before', async () => {
    const stream = duplex(options);
    stream.destroy();
    const connection = await open(stream);
    expect(await connection.closed).toEqual({ by: 'local' });
    await expectSettled(connection);
  });

  it('is closed cleanly if both sides had ended before', async () => {
    const stream = duplex({ ...options, autoDestroy: false });
    stream.resume().end();
    stream.push(null);
    await until('it has ended', () => stream.readableEnded && stream.writableFinished);
    const connection = await open(stream);
    expect(await connection.reader.readLine()).toHaveLength(0);
    expect(await connection.close({ timeout: 0 })).toEqual({ by: 'peer' });
    await expectSettled(connection);
  });

  it('ends at the first write if its writable side had ended before', async () => {
    const stream = duplex(options);
    stream.end();
    await until('it has ended', () => stream.writableFinished);
    const connection = await open(stream);
    connection.writer.write('x');
    expect(await connection.closed).toMatchObject({ by: 'error', error: { code: 'ERR_STREAM_WRITE_AFTER_END' } });
    await expectSettled(connection);
  });

  it('ends with a TypeError if it emits strings', async () => {
    const stream = duplex(options).setEncoding('utf8');
    const connection = await open(stream);
    const reading = failureOf(connection.reader.readLine());
    stream.push('text\n');
    const error = await reading;
    expect(error).toEqual(new TypeError('Cannot read a chunk of type string: it must be a Uint8Array'));
    expect(await connection.closed).toEqual({ by: 'error', error });
    expect(stream.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('is closed by destroy() although strings wait in it', async () => {
    const stream = duplex(options).setEncoding('utf8');
    const connection = await open(stream);
    stream.pause();
    stream.push('text\n');
    connection.destroy();
    expect(await connection.closed).toEqual({ by: 'local' });
    expect(await failureOf(connection.reader.readLine())).toBeInstanceOf(ConnectionClosedError);
    await expectSettled(connection);
  });

  it('ignores an error after its end', async () => {
    const stream = duplex(options);
    const connection = await open(stream);
    connection.destroy();
    const how = await connection.closed;
    stream.emit('error', DISK_FULL);
    expect(await connection.closed).toBe(how);
  });
});

it('a Duplex in object mode ends with a TypeError for a chunk that is not bytes', async () => {
  const stream = duplex({ objectMode: true });
  const connection = await open(stream);
  const reading = failureOf(connection.reader.readLine());
  stream.push(Buffer.from('half a line'));
  stream.push({ no: 'bytes' });
  stream.push(Buffer.from('behind the gap'));
  const error = await reading;
  expect(error).toEqual(new TypeError('Cannot read a chunk of type object: it must be a Uint8Array'));
  expect(await connection.closed).toEqual({ by: 'error', error });
  expect(`${await connection.reader.read(20)}`).toBe('half a line');
  expect(await failureOf(connection.reader.read(20))).toBe(error);
});

describe.each(KINDS.filter(([, { objectMode }]) => !objectMode))('TLS on a Duplex that %s', (_kind, options) => {
  let one: Duplex;
  let other: Duplex;
  let peer: TLSSocket;
  let connection: Connection;

  beforeEach(async () => {
    [one, other] = duplexPair(options);
    peer = new TLSSocket(other, { isServer: true, ...SERVER_TLS });
    peer.on('error', () => {}).resume();
    other.on('error', () => {});
    connection = await openConnection({ socket: one, tls: CLIENT_TLS });
  });

  afterEach(() => {
    peer.destroy();
    other.destroy();
  });

  it.each(['destroy', 'reset'] as const)('is closed by %s()', async (how) => {
    const reading = failureOf(connection.reader.readLine());
    connection[how]();
    expect(await reading).toBeInstanceOf(ConnectionClosedError);
    expect(await connection.closed).toEqual({ by: 'local' });
    expect(one.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('ends with an error of the stream beneath', async () => {
    const reading = failureOf(connection.reader.readLine());
    one.emit('error', DISK_FULL);
    expect(await reading).toBe(DISK_FULL);
    expect(await connection.closed).toEqual({ by: 'error', error: DISK_FULL });
    expect(one.destroyed).toBe(true);
    await expectSettled(connection);
  });

  it('ends with an error after a broken record', async () => {
    const reading = failureOf(connection.reader.readLine());
    other.write('221 closing connection\r\n');
    const error = await reading;
    expect(error).toMatchObject({ code: expect.stringMatching(BROKEN_RECORD) });
    expect(await connection.closed).toEqual({ by: 'error', error });
    expect(one.destroyed).toBe(true);
    await expectSettled(connection);
  });
});

describe.each(KINDS.filter(([, { objectMode }]) => !objectMode))('startTls on a Duplex that %s', (_kind, options) => {
  it.each<[string, (connection: Connection, stream: Duplex) => void, object]>([
    ['destroy()', (connection) => connection.destroy(), { by: 'local' }],
    ['reset()', (connection) => connection.reset(), { by: 'local' }],
    ['an error', (_, stream) => void stream.emit('error', DISK_FULL), { by: 'error', error: DISK_FULL }],
  ])('is given up by %s in the handshake', async (_how, end, how) => {
    const [one, other] = duplexPair(options);
    const connection = await openConnection({ socket: one });
    const starting = failureOf(connection.startTls({ ...CLIENT_TLS, handshakeTimeout: 0 }));
    await once(other.resume(), 'data');
    end(connection, one);
    expect(await starting).toBeInstanceOf(Error);
    expect(await connection.closed).toEqual(how);
    expect(one.destroyed).toBe(true);
    other.destroy();
    await expectSettled(connection);
  });
});
