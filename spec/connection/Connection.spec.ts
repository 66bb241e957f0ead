// Proves the states of a connection: which side ended it and why, what it reports, and that closing always completes.
import {
  Connection,
  ConnectionClosedError,
  type ConnectionOptions,
  connectionPair,
  lines,
  type SocketTimeoutError,
} from '../../src';
import { CLIENT_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { handTransport } from '../support/handTransport';
import { type Ends, transports, ways } from '../support/transports';
import { turns, until } from '../support/until';

const MIB = 1024 * 1024;

function open(options?: ConnectionOptions) {
  const transport = handTransport();
  const connection = new Connection(transport, options);
  return { transport, connection, closed: outcomeOf(connection) };
}

/** The current result of `closed`. */
function outcomeOf(connection: Connection): { info?: unknown } {
  const outcome: { info?: unknown } = {};
  void connection.closed.then((info) => {
    outcome.info = info;
  });
  return outcome;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`read ${code}`), { code, syscall: 'read' });
}

describe('Connection.closed', () => {
  it('resolves even if a listener for the end throws', async () => {
    const transport = handTransport();
    const connection = new Connection(transport);
    connection.whenClosed(() => {
      throw new Error('mine');
    });
    const { closed } = connection;
    connection.destroy();
    expect(() => transport.events.onClosed(undefined)).toThrow('mine');
    expect(await closed).toEqual({ by: 'local' });
  });

  it.each<[string, (opened: ReturnType<typeof open>) => void, object]>([
    ['destroy()', ({ connection }) => connection.destroy(), { by: 'local' }],
    ['destroy(error)', ({ connection }) => connection.destroy('why'), { by: 'local', error: 'why' }],
    ['reset()', ({ connection }) => connection.reset(), { by: 'local' }],
    ['writer.error(error)', ({ connection }) => connection.writer.error('why'), { by: 'local', error: 'why' }],
    [
      'destroy() after close()',
      ({ connection }) => {
        void connection.close({ timeout: 0 });
        connection.destroy('why');
      },
      { by: 'local', error: 'why' },
    ],
    [
      'destroy() twice, then close()',
      ({ connection }) => {
        connection.destroy('first');
        connection.destroy('second');
        void connection.close();
      },
      { by: 'local', error: 'first' },
    ],
    ['the end of the transport', () => {}, { by: 'local' }],
    ['the end of the transport after the peer ended', ({ transport }) => transport.events.onEnd(), { by: 'peer' }],
    [
      'both ends, ours first',
      ({ transport, connection }) => {
        connection.writer.writeEof();
        transport.take();
        transport.events.onEnd();
      },
      { by: 'local' },
    ],
    [
      'both ends, the peer first',
      ({ transport, connection }) => {
        transport.events.onEnd();
        connection.writer.writeEof();
        transport.take();
      },
      { by: 'peer' },
    ],
    [
      'close() after the peer ended',
      ({ transport, connection }) => {
        transport.events.onEnd();
        void connection.close();
        transport.take();
      },
      { by: 'peer' },
    ],
  ])('says which side ended the connection: %s', async (_, end, info) => {
    const opened = open();
    end(opened);
    opened.transport.events.onClosed(undefined);
    expect(await opened.connection.closed).toEqual(info);
  });

  it.each([
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ECONNABORTED', 'reset'],
    ['ETIMEDOUT', 'error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'error'],
  ])('has the error untouched: %s', async (code, by) => {
    const { transport, connection } = open();
    const error = systemError(code);
    transport.events.onClosed(error);
    expect(await connection.closed).toEqual({ by, error });
    expect((await connection.closed).error).toBe(error);
    expect(await failureOf(connection.reader.read(1))).toBe(error);
    expect(() => connection.writer.write('x')).toThrow(expect.objectContaining({ cause: error }));
  });

  it('is a clean end when the peer breaks off after close() and all was sent', async () => {
    const { transport, connection } = open();
    connection.writer.write('a');
    void connection.close({ timeout: 0 });
    transport.turn();
    transport.take();
    transport.take();
    transport.events.onClosed(systemError('ECONNRESET'));
    expect(await connection.closed).toEqual({ by: 'local' });
  });

  it('is not a clean end when queued bytes were lost', async () => {
    const { transport, connection } = open();
    connection.writer.write('a');
    void connection.close({ timeout: 0 });
    const flushing = failureOf(connection.writer.flush());
    transport.events.onClosed(systemError('ECONNRESET'));
    expect(await connection.closed).toMatchObject({ by: 'reset' });
    expect(await flushing).toBeInstanceOf(ConnectionClosedError);
  });
});

describe('Connection.close()', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('throws for an invalid timeout, at the call', () => {
    const { connection, transport } = open();
    expect(() => connection.close({ timeout: -1 })).toThrow(RangeError);
    expect(() => connection.close({ timeout: '1' as never })).toThrow(TypeError);
    expect(transport.asked).toEqual([]);
  });

  it('gives a peer that takes nothing five seconds, then breaks the connection off', async () => {
    const { connection, transport, closed } = open();
    connection.writer.write('a');
    const flushing = failureOf(connection.writer.flush());
    void connection.close();
    transport.turn();
    jest.advanceTimersByTime(4999);
    expect(transport.asked).toEqual(['resume']);
    jest.advanceTimersByTime(1);
    expect(transport.asked).toEqual(['resume', 'destroy']);
    transport.events.onClosed(undefined);
    await turns(1);
    expect(closed.info).toMatchObject({
      by: 'timeout',
      error: { code: 'ERR_SOCKET_TIMEOUT', what: 'close', timeout: 5000 },
    });
    expect(await flushing).toMatchObject({ cause: (closed.info as { error: unknown }).error });
  });

  it('starts the time anew with each batch that the peer takes', () => {
    const { connection, transport } = open();
    connection.writer.write(Buffer.alloc(MIB));
    void connection.close({ timeout: 100 });
    transport.turn();
    for (let batch = 0; batch < 4; batch++) {
      jest.advanceTimersByTime(99);
      transport.take();
    }
    jest.advanceTimersByTime(99);
    expect(transport.asked).toEqual(['resume', 'end']);
    jest.advanceTimersByTime(1);
    expect(transport.asked).toEqual(['resume', 'end', 'destroy']);
    transport.events.onClosed(undefined);
  });

  it('ends cleanly with a peer that does not answer FIN, whatever the peer still sends', async () => {
    const { connection, transport, closed } = open();
    void connection.close({ timeout: 100 });
    transport.take();
    for (let i = 0; i < 3; i++) {
      jest.advanceTimersByTime(33);
      transport.events.onData(Buffer.from('more'));
    }
    jest.advanceTimersByTime(1);
    expect(transport.asked.at(-1)).toBe('destroy');
    transport.events.onClosed(undefined);
    await turns(1);
    expect(closed.info).toEqual({ by: 'local' });
    expect(connection.bytesRead).toBe(12);
    expect(connection.reader.bufferedAmount).toBe(0);
  });

  it('can be called again with another timeout, and resolves with the same value', async () => {
    const { connection, transport } = open();
    const first = connection.close({ timeout: 0 });
    jest.advanceTimersByTime(60_000);
    const second = connection.close({ timeout: 10 });
    expect(transport.asked.filter((asked) => asked === 'end')).toHaveLength(1);
    transport.take();
    jest.advanceTimersByTime(10);
    expect(transport.asked.at(-1)).toBe('destroy');
    transport.events.onClosed(undefined);
    expect(await second).toEqual({ by: 'local' });
    expect(await first).toBe(await second);
    expect(await connection.close()).toBe(await first);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('works inside a delivery: the rest that arrived is still delivered, then completion', () => {
    const { connection, transport } = open();
    const seen: string[] = [];
    connection.reader.pipe(lines()).subscribe({
      next: (line) => {
        seen.push(line);
        if (line === 'close') void connection.close();
      },
      complete: () => seen.push('|'),
    });
    transport.events.onData(Buffer.from('close\nrest\n'));
    transport.events.onData(Buffer.from('dropped\n'));
    expect(seen).toEqual(['close', 'rest', '|']);
    transport.events.onClosed(undefined);
  });
});

describe('Connection.destroy()', () => {
  it('works inside a delivery: what arrived is still delivered, then the error', () => {
    const { connection, transport } = open();
    const seen: unknown[] = [];
    connection.reader.pipe(lines()).subscribe({
      next: (line) => {
        seen.push(line);
        connection.destroy();
      },
      error: (error) => seen.push(error.code),
    });
    transport.events.onData(Buffer.from('a\nb\n'));
    expect(seen).toEqual(['a', 'b', 'ERR_CONNECTION_CLOSED']);
    expect(transport.asked).toEqual(['destroy']);
  });
});

describe('Connection.signal', () => {
  it('aborts with the cause when the connection is closed', async () => {
    const { connection, transport } = open();
    const { signal } = connection;
    expect(connection.signal).toBe(signal);
    connection.destroy('why');
    expect(signal.aborted).toBe(false);
    transport.events.onClosed(undefined);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: 'why' });
  });

  it('is already aborted with the cause when first used after the end', () => {
    const { connection, transport } = open();
    const error = systemError('ECONNRESET');
    transport.events.onClosed(error);
    expect(connection.signal.reason).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: error });
  });
});

describe('Connection with idleTimeout', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('ends a connection without traffic, and rejects everything pending', async () => {
    const { connection, transport } = open({ idleTimeout: 100 });
    const reading = failureOf(connection.reader.readLine());
    jest.advanceTimersByTime(99);
    expect(transport.asked).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(transport.asked).toEqual(['destroy']);
    transport.events.onClosed(undefined);
    const { by, error } = await connection.closed;
    expect(by).toBe('timeout');
    expect(error).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'idle', timeout: 100 });
    expect(await reading).toBe(error);
    expect(() => connection.writer.write('x')).toThrow(expect.objectContaining({ cause: error }));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('starts anew with every byte in either direction', () => {
    const { connection, transport } = open({ idleTimeout: 100 });
    for (let i = 0; i < 3; i++) {
      jest.advanceTimersByTime(60);
      transport.events.onData(Buffer.from('x'));
      jest.advanceTimersByTime(60);
      connection.writer.write('x');
      transport.turn();
      transport.take();
    }
    jest.advanceTimersByTime(99);
    expect(transport.asked).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(transport.asked).toEqual(['destroy']);
    transport.events.onClosed(undefined);
  });

  it('ignores bytes that only wait to be sent', () => {
    const { connection, transport } = open({ idleTimeout: 100 });
    jest.advanceTimersByTime(60);
    connection.writer.write('x');
    transport.turn();
    jest.advanceTimersByTime(40);
    expect(transport.asked).toEqual(['destroy']);
    transport.events.onClosed(undefined);
  });

  it('is off by default, and leaves no timer behind', () => {
    const { transport } = open();
    expect(jest.getTimerCount()).toBe(0);
    transport.events.onClosed(undefined);
    const other = open({ idleTimeout: 100 });
    expect(jest.getTimerCount()).toBe(1);
    other.transport.events.onClosed(undefined);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe.each(ways)('Connection over $way', ({ kind, role }) => {
  let ends: Ends;
  afterEach(() => ends.release());

  async function openEnds(options?: Parameters<typeof kind.open>[1]) {
    ends = await kind.open(role, options);
    return ends;
  }

  it('counts bytes, and keeps the addresses after the end', async () => {
    const { near, far } = await openEnds();
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = near;
    near.writer.write('abc');
    far.writer.write('de');
    await Promise.all([far.reader.readExactly(3), near.reader.readExactly(2), near.writer.flush()]);
    expect([near.bytesRead, near.bytesWritten, far.bytesRead]).toEqual([2, 3, 3]);
    await Promise.all([near.close(), far.close()]);
    expect([near.bytesRead, near.bytesWritten]).toEqual([2, 3]);
    expect(near).toMatchObject({ localAddress, localPort, remoteAddress, remotePort, remoteFamily });
    if (kind.name === 'TCP' || kind.name === 'TLS') {
      expect(near).toMatchObject({ localAddress: '127.0.0.1', remoteAddress: '127.0.0.1', remoteFamily: 'IPv4' });
      expect([near.localPort, near.remotePort]).toEqual([far.remotePort, far.localPort]);
      expect(near.localPort).toBeGreaterThan(0);
    }
  });

  it('close() ends in time when the peer does not read', async () => {
    const { near, far } = await openEnds();
    near.writer.write(Buffer.alloc(8 * MIB));
    const draining = failureOf(near.writer.drain());
    const { by, error } = await near.close({ timeout: 30 });
    expect(by).toBe('timeout');
    expect(error).toMatchObject({ what: 'close', timeout: 30 } satisfies Partial<SocketTimeoutError>);
    expect(await draining).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: error });
    expect(near.bytesWritten).toBeLessThan(8 * MIB);
    expect(far.bytesRead).toBeLessThan(8 * MIB);
  });

  it('close() ends in time when the peer does not end', async () => {
    const { near, far } = await openEnds();
    near.writer.write('last');
    expect(await near.close({ timeout: 200 })).toEqual({ by: 'local' });
    expect(`${await far.reader.readAll()}`).toBe('last');
  });

  it('reset() is visible to the peer where the transport has resets', async () => {
    const { near, far } = await openEnds();
    near.writer.write('x');
    await far.reader.readExactly(1);
    near.reset();
    near.reset();
    expect(await near.closed).toEqual({ by: 'local' });
    if (kind.name === 'Unix') {
      expect(await far.reader.readAll()).toHaveLength(0);
    } else {
      expect(await far.closed).toMatchObject({ by: 'reset', error: { code: 'ECONNRESET' } });
    }
  });

  it('keeps everything that came before a reset, also what the socket held while nobody read', async () => {
    // A Unix socket has no reset.
    const { near, far } = await openEnds({ limit: 1, far: {} });
    if (kind.name === 'Unix') return;
    for (const chunk of ['abc', 'defg']) {
      far.writer.write(chunk);
      await far.writer.flush();
      await turns(20);
    }
    far.reset();
    const { error } = await near.closed;
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(`${await near.reader.readExactly(7)}`).toBe('abcdefg');
    expect(await failureOf(near.reader.read(1))).toBe(error);
  });

  it('closes cleanly at the end of an `await using` block', async () => {
    const { near, far } = await openEnds();
    const received = far.reader.readAll().then((all) => {
      far.writer.close();
      return all;
    });
    {
      await using connection = near;
      connection.writer.write('in order');
    }
    expect(`${await received}`).toBe('in order');
    expect(await near.closed).toEqual({ by: 'local' });
  });

  it('can be closed by both ends at once', async () => {
    const { near, far } = await openEnds();
    near.writer.write('a');
    far.writer.write('b');
    const infos = await Promise.all([near.close(), far.close()]);
    for (const { error } of infos) expect(error).toBeUndefined();
  });

  it('carries everything that both ends write at once', async () => {
    const { near, far } = await openEnds();
    const [one, other] = [Buffer.alloc(3 * MIB, 'abc'), Buffer.alloc(3 * MIB, '12345')];
    near.writer.write(one);
    near.writer.writeEof();
    far.writer.write(other);
    far.writer.writeEof();
    const [atFar, atNear] = await Promise.all([far.reader.readAll(), near.reader.readAll()]);
    expect(atFar.equals(one)).toBe(true);
    expect(atNear.equals(other)).toBe(true);
    expect((await near.closed).error).toBeUndefined();
    expect((await far.closed).error).toBeUndefined();
  });

  it('pauses a peer whose bytes nobody reads, with bounded memory', async () => {
    const limit = 16 * 1024;
    const { near, far } = await openEnds({ limit });
    const offered = 64 * MIB;
    let most = 0;
    for (let sent = 0; sent < offered && !far.writer.isClosing(); sent += MIB) {
      if (far.writer.bufferedAmount < 8 * MIB) far.writer.write(Buffer.alloc(MIB));
      await turns(1);
      most = Math.max(most, near.reader.bufferedAmount);
    }
    await turns(20);
    // One chunk of Node's is 64 KiB; a chunk of the memory pair, and a write, is 256 KiB.
    expect(most).toBeGreaterThan(2 * limit);
    expect(most).toBeLessThanOrEqual(2 * limit + 256 * 1024);
    expect(near.bytesRead).toBe(near.reader.bufferedAmount);
    // The two buffers of the kernel hold a few MiB.
    expect(far.bytesWritten).toBeLessThan(offered / 4);
    const before = far.bytesWritten;
    await turns(20);
    expect(far.bytesWritten).toBe(before);
    // Nothing was lost, and it continues as soon as it is read.
    expect(await near.reader.readExactly(8 * MIB)).toHaveLength(8 * MIB);
    await until('more is sent', () => far.bytesWritten > before);
  });

  it('ends after idleTimeout without traffic', async () => {
    const { near, far } = await openEnds({ idleTimeout: 40, far: {} });
    expect(await near.closed).toMatchObject({ by: 'timeout', error: { what: 'idle', timeout: 40 } });
    await far.close();
  });
});

describe('Connection', () => {
  it('accepts every call in every state, any number of times', async () => {
    for (const kind of transports.filter(({ name }) => name === 'TCP' || name === 'TLS')) {
      const { near, release } = await kind.open('client');
      for (let round = 0; round < 3; round++) {
        void near.close();
        near.writer.close();
        near.writer.writeEof();
        near.writer.complete();
        near.writer.next('nothing');
        near.destroy();
        near.reset();
        near.writer.error(new Error('too late'));
        expect(near.writer.isClosing()).toBe(true);
        expect(near.writer.canWriteEof()).toBe(true);
        near.reader.pause()();
        near.reader.peek(1);
        void near.reader.read(1).catch(() => {});
        void near.writer.drain().catch(() => {});
        near.writer.getExtraInfo('peername');
        void near.startTls(CLIENT_TLS).catch(() => {});
        await near.closed;
      }
      await release();
    }
  });

  it('ignores a release of the reader after the end', async () => {
    const [near, far] = connectionPair({ limit: 1024 });
    far.writer.write(Buffer.alloc(4096));
    await until('it is full', () => near.reader.bufferedAmount >= 2048);
    const release = near.reader.pause();
    near.destroy();
    await near.closed;
    expect(() => {
      release();
      release();
    }).not.toThrow();
    far.destroy();
  });
});

describe('Connection whose reader is full', () => {
  const tcp = transports.find(({ name }) => name === 'TCP')!;

  it('reports an end behind unread bytes once they are read', async () => {
    const { near, far, release } = await tcp.open('client', { limit: 1024 });
    // More than one chunk of the socket: the end is behind what is not read.
    far.writer.write(Buffer.alloc(256 * 1024));
    far.writer.writeEof();
    await until('it is full', () => near.reader.bufferedAmount >= 2048);
    await turns(20);
    expect(near.reader.atEof()).toBe(false);
    expect(await near.reader.readAll()).toHaveLength(256 * 1024);
    expect(near.reader.atEof()).toBe(true);
    await release();
  });

  it('reports a reset behind unread bytes when a write fails', async () => {
    const { near, far, release } = await tcp.open('client', { limit: 1024 });
    far.writer.write(Buffer.alloc(256 * 1024));
    await until('it is full', () => near.reader.bufferedAmount >= 2048);
    await turns(20);
    far.reset();
    await far.closed;
    await turns(20);
    expect(near.signal.aborted).toBe(false);
    near.writer.write('are you there?');
    expect(await near.closed).toMatchObject({ by: 'reset', error: { syscall: 'write' } });
    await release();
  });
});

it('the list of transports is complete', () =>
  expect(transports.map(({ name }) => name)).toEqual(['TCP', 'TLS', 'Unix', 'memory']));
