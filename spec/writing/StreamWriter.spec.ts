// Proves the writing side: what it accepts, when bytes leave, what it reports, and what it refuses.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { finalize, NEVER, of, Subject, throwError } from 'rxjs';
import {
  BufferOverflowError,
  backpressure,
  Connection,
  ConnectionClosedError,
  type ConnectionOptions,
  connectionPair,
  StreamWriter,
  writeTo,
} from '../../src';
import { failureOf } from '../support/failureOf';
import { type HandTransport, handTransport } from '../support/handTransport';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { record } from '../support/record';
import { thrownBy } from '../support/thrownBy';
import { transports } from '../support/transports';
import { busy, turns, until } from '../support/until';

function open(options?: ConnectionOptions) {
  const transport = handTransport();
  const connection = new Connection(transport, options);
  return { transport, connection, writer: connection.writer };
}

noUnhandledRejections();

describe('StreamWriter.write()', () => {
  it('returns false from the high-water mark on, 64 KiB by default', () => {
    const { writer } = open();
    expect(writer.write(Buffer.alloc(64 * 1024 - 1))).toBe(true);
    expect(writer.write('x')).toBe(false);
    expect(writer.bufferedAmount).toBe(64 * 1024);
    expect(writer.write('x')).toBe(false);
  });

  it('uses the given high-water mark', () => {
    const { writer } = open({ highWaterMark: 4 });
    expect(writer.write('abc')).toBe(true);
    expect(writer.write('d')).toBe(false);
  });

  it('counts the UTF-8 bytes of a string', () => {
    const { writer, transport } = open({ highWaterMark: 100 });
    writer.write('é€𝄞\ud800');
    expect(writer.bufferedAmount).toBe(2 + 3 + 4 + 3);
    transport.turn();
    transport.take();
    expect(transport.writes).toEqual(['é€𝄞\ufffd']);
    expect(writer.bytesWritten).toBe(12);
  });

  it('accepts strings, Buffers and any Uint8Array, and ignores an empty chunk', () => {
    const { writer, transport } = open();
    expect(writer.write('')).toBe(true);
    expect(writer.write(new Uint8Array())).toBe(true);
    transport.turn();
    expect(transport.writes).toEqual([]);
    writer.write('a');
    writer.write(Buffer.from('b'));
    writer.write('');
    writer.write(new Uint8Array([0x63]));
    transport.turn();
    expect(transport.writes).toEqual(['abc']);
  });

  it.each([[42], [null], [undefined], [{}], [['a']], [new Uint16Array(2)], [new ArrayBuffer(2)]])(
    'throws for %p, and queues nothing',
    (chunk) => {
      const { writer, connection } = open();
      expect(() => writer.write(chunk as never)).toThrow(TypeError);
      expect(writer.bufferedAmount).toBe(0);
      expect(connection.writer.isClosing()).toBe(false);
    },
  );

  it('throws once maxQueued bytes wait, with the numbers, and queues nothing', () => {
    const { writer, connection } = open({ maxQueued: 10 });
    writer.write(Buffer.alloc(9));
    writer.write(Buffer.alloc(100));
    const overflow = () => writer.write('x');
    expect(overflow).toThrow(BufferOverflowError);
    expect(overflow).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_OVERFLOW', limit: 10, buffered: 109 }));
    expect(writer.bufferedAmount).toBe(109);
    expect(connection.signal.aborted).toBe(false);
  });

  it('accepts up to 16 MiB by default', () => {
    const { writer } = open();
    writer.write(Buffer.alloc(16 * 1024 * 1024));
    expect(() => writer.write('x')).toThrow(expect.objectContaining({ limit: 16 * 1024 * 1024 }));
  });

  it('accepts chunks again when the queue has drained', () => {
    const { writer, transport } = open({ maxQueued: 3 });
    writer.write('abc');
    expect(() => writer.write('d')).toThrow(BufferOverflowError);
    transport.turn();
    transport.take();
    expect(writer.write('d')).toBe(true);
  });

  it.each([
    ['close()', ({ connection }: ReturnType<typeof open>) => void connection.close({ timeout: 0 })],
    ['writer.close()', ({ writer }: ReturnType<typeof open>) => writer.close()],
    ['writeEof()', ({ writer }: ReturnType<typeof open>) => writer.writeEof()],
    ['complete()', ({ writer }: ReturnType<typeof open>) => writer.complete()],
  ])('throws after %s, without a cause, and next() does nothing', async (_, end) => {
    const opened = open();
    const { writer, connection, transport } = opened;
    end(opened);
    expect(() => writer.write('x')).toThrow(ConnectionClosedError);
    expect(() => writer.write('x')).toThrow(expect.not.objectContaining({ cause: expect.anything() }));
    // A chunk of a wrong type is refused for that reason first.
    expect(() => writer.write(42 as never)).toThrow(ConnectionClosedError);
    writer.next('x');
    writer.next(42 as never);
    expect(writer.bufferedAmount).toBe(0);
    connection.destroy();
    transport.events.onClosed(undefined);
  });

  it('throws after the connection is lost, with the cause, and next() does nothing', () => {
    const { writer, transport } = open();
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    transport.events.onClosed(cause);
    expect(() => writer.write('x')).toThrow(expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED', cause }));
    expect(() => writer.next('x')).not.toThrow();
    expect(writer.bufferedAmount).toBe(0);
  });
});

describe('StreamWriter: joining small chunks', () => {
  it('sends 100,000 lines of one turn in few writes, complete and in order', () => {
    const { writer, transport } = open();
    let expected = '';
    for (let i = 0; i < 100_000; i++) {
      const line = `line ${i}\n`;
      expected += line;
      writer.write(line);
    }
    transport.turn();
    while (writer.bufferedAmount > 0) transport.take();
    expect(transport.writes.length).toBe(Math.ceil(expected.length / (256 * 1024)));
    expect(transport.writes.join('') === expected).toBe(true);
  });

  it.each(transports)('works over $name', async ({ open: openEnds }) => {
    const { near, far, release } = await openEnds('client');
    const socket = near.writer.getExtraInfo('socket') as { write: () => boolean } | undefined;
    const writes = socket && jest.spyOn(socket, 'write');
    const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`);
    const expected = lines.join('');
    for (const line of lines) near.writer.write(line);
    near.writer.writeEof();
    const received = await far.reader.readAll();
    expect(received.toString() === expected).toBe(true);
    expect(writes?.mock.calls.length ?? 5).toBeLessThanOrEqual(8);
    expect(near.bytesWritten).toBe(expected.length);
    await release();
  });
});

describe('StreamWriter.next()', () => {
  it('writes its value', () => {
    const { writer, transport } = open();
    writer.next('a');
    transport.turn();
    expect(transport.writes).toEqual(['a']);
  });

  it.each<[string, unknown, ConnectionOptions, object]>([
    ['a wrong type', 42, {}, { name: 'TypeError' }],
    ['more bytes than maxQueued', 'x', { maxQueued: 1 }, { code: 'ERR_BUFFER_OVERFLOW', limit: 1, buffered: 2 }],
  ])('aborts the connection with the error of write(): %s', async (_, chunk, options, error) => {
    const { writer, connection, transport } = open(options);
    writer.next('ab');
    expect(() => writer.next(chunk as never)).not.toThrow();
    expect(transport.asked).toEqual(['destroy']);
    transport.events.onClosed(undefined);
    expect(await connection.closed).toMatchObject({ by: 'local', error });
    expect(await failureOf(connection.reader.read(1))).toMatchObject({ cause: error });
    expect(() => writer.write('x')).toThrow(expect.objectContaining({ cause: expect.objectContaining(error) }));
  });
});

describe('StreamWriter.writeLines()', () => {
  it('writes each chunk of an iterable as it is', () => {
    const { writer, transport } = open();
    writer.writeLines(
      (function* () {
        yield 'a\n';
        yield Buffer.from('b');
      })(),
    );
    writer.writeLines([]);
    transport.turn();
    expect(transport.writes).toEqual(['a\nb']);
  });

  it('ignores empty chunks and reports pressure like write()', () => {
    const { writer, transport } = open();
    writer.writeLines(['a', '', Buffer.alloc(0), 'b']);
    transport.turn();
    expect(transport.writes).toEqual(['ab']);
    writer.writeLines([Buffer.alloc(64 * 1024)]);
    expect(writer.pressured).toBe(true);
  });

  it('throws like write()', () => {
    const { writer } = open();
    expect(() => writer.writeLines(['a', 1 as never])).toThrow(TypeError);
    writer.writeEof();
    expect(() => writer.writeLines(['a'])).toThrow(ConnectionClosedError);
  });
});

describe('StreamWriter.pressure$', () => {
  it('tells a subscriber that writes at once of the pressure that it causes', () => {
    const { transport, writer } = open({ highWaterMark: 4 });
    let written = 0;
    writer.pressure$.subscribe((on) => {
      while (!on && !writer.pressured && written < 20) {
        writer.write('xx');
        written++;
      }
    });
    expect(written).toBe(2);
    for (let i = 0; i < 10; i++) {
      transport.turn();
      transport.take();
    }
    expect(written).toBe(20);
  });

  it('replays the current value, changes at the marks, and completes when the connection is closed', () => {
    const { writer, transport } = open({ highWaterMark: 100 });
    const first: (boolean | string)[] = [];
    writer.pressure$.subscribe({ next: (on) => first.push(on), complete: () => first.push('|') });
    writer.write(Buffer.alloc(99));
    expect(first).toEqual([false]);
    writer.write('x');
    writer.write('y');
    expect(first).toEqual([false, true]);
    const second: (boolean | string)[] = [];
    const subscription = writer.pressure$.subscribe((on) => second.push(on));
    transport.turn();
    writer.write(Buffer.alloc(25));
    transport.take();
    // 25 bytes are left, which is the low-water mark.
    expect(first).toEqual([false, true, false]);
    expect(second).toEqual([true, false]);
    subscription.unsubscribe();
    writer.write(Buffer.alloc(75));
    expect(first).toEqual([false, true, false, true]);
    transport.events.onClosed(undefined);
    expect(first.at(-1)).toBe('|');
    expect(second).toEqual([true, false]);
    const late: (boolean | string)[] = [];
    writer.pressure$.subscribe({ next: (on) => late.push(on), complete: () => late.push('|') });
    expect(late).toEqual([false, '|']);
  });

  it('keeps its value between the marks', () => {
    const { writer, transport } = open({ highWaterMark: 100 });
    const seen: boolean[] = [];
    writer.pressure$.subscribe((on) => seen.push(on));
    writer.write(Buffer.alloc(100));
    transport.turn();
    writer.write(Buffer.alloc(26));
    transport.take();
    expect(writer.bufferedAmount).toBe(26);
    expect(seen).toEqual([false, true]);
    transport.take();
    expect(seen).toEqual([false, true, false]);
  });
});

describe('StreamWriter.drain()', () => {
  it('resolves at once below the high-water mark', async () => {
    const { writer } = open({ highWaterMark: 2 });
    await writer.drain();
    writer.write('x');
    await writer.drain();
  });

  it('waits for the low-water mark, with any number of waiters', async () => {
    const { writer, transport } = open({ highWaterMark: 4 });
    writer.write('abcd');
    const done: number[] = [];
    const all = [0, 1, 2].map((i) => writer.drain().then(() => done.push(i)));
    transport.turn();
    writer.write('ef');
    transport.take();
    await turns(2);
    expect(done).toEqual([]);
    transport.take();
    await Promise.all(all);
    expect(done).toEqual([0, 1, 2]);
  });

  it('has a separate signal and timeout for each waiter', async () => {
    const { writer, transport } = open({ highWaterMark: 1 });
    writer.write('a');
    const controller = new AbortController();
    const aborted = failureOf(writer.drain({ signal: controller.signal }));
    const late = failureOf(writer.drain({ timeout: 5 }));
    const other = writer.drain({ timeout: 10_000 });
    controller.abort(new Error('enough'));
    expect(await aborted).toBe(controller.signal.reason);
    expect(await late).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'write', timeout: 5 });
    transport.turn();
    transport.take();
    await other;
    expect(await failureOf(writer.drain({ signal: controller.signal }))).toBe(controller.signal.reason);
  });

  it('throws for an invalid timeout, at the call', () => {
    const { writer } = open();
    expect(() => writer.drain({ timeout: -1 })).toThrow(RangeError);
    expect(() => writer.flush({ timeout: 'x' as never })).toThrow(TypeError);
  });

  it('rejects when bytes are lost, during and after the wait, with a separate error for each waiter', async () => {
    const { writer, connection } = open({ highWaterMark: 1 });
    writer.write('a');
    const waiting = [writer.drain(), writer.drain(), writer.flush()].map(failureOf);
    const reason = new Error('enough');
    connection.destroy(reason);
    const errors = [...(await Promise.all(waiting)), await failureOf(writer.drain()), await failureOf(writer.flush())];
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: reason });
    expect(new Set(errors).size).toBe(5);
  });

  it('goes on during close(), and resolves after it when all bytes were sent', async () => {
    const { writer, connection, transport } = open({ highWaterMark: 1 });
    writer.write('a');
    void connection.close({ timeout: 0 });
    const draining = writer.drain();
    transport.turn();
    transport.take();
    await draining;
    transport.take();
    transport.events.onEnd();
    transport.events.onClosed(undefined);
    await writer.drain();
    await writer.flush();
  });
});

describe('StreamWriter: a wait in a long turn', () => {
  function openLong() {
    const later: (() => void)[] = [];
    const transport = handTransport();
    const nextTurn = (task: () => void) => later.push(task) > 0;
    const { writer, destroy } = connectionOn(Object.assign(transport, { nextTurn }));
    writer.write('under pressure');
    void writer.drain().catch(() => {});
    busy(12);
    const goOn = async () => {
      await turns(1);
      for (const task of later.splice(0)) task();
    };
    return { transport, writer, destroy, goOn };
  }

  function connectionOn(transport: HandTransport) {
    const connection = new Connection(transport, { highWaterMark: 1 });
    return { writer: connection.writer, destroy: (error: unknown) => connection.destroy(error) };
  }

  it.each(['drain', 'flush'] as const)('%s resolves in the next turn if nothing waits any more', async (which) => {
    const { transport, writer, goOn } = openLong();
    const done = jest.fn();
    const waiting = writer[which]().then(done);
    transport.turn();
    transport.take();
    await turns(1);
    expect(done).not.toHaveBeenCalled();
    await goOn();
    await waiting;
  });

  it.each(['drain', 'flush'] as const)('%s waits on after the next turn while bytes wait', async (which) => {
    const { transport, writer, goOn } = openLong();
    const done = jest.fn();
    const waiting = writer[which]().then(done);
    await goOn();
    await turns(1);
    expect(done).not.toHaveBeenCalled();
    // Bytes that are written later do not matter to a flush.
    transport.turn();
    writer.write('more');
    transport.take();
    if (which === 'drain') transport.take();
    await waiting;
  });

  it('can be cancelled, and rejects when bytes are lost', async () => {
    const { writer, destroy, goOn } = openLong();
    const given = new AbortController();
    const waiting = [writer.drain({ signal: given.signal }), writer.drain(), writer.flush()].map(failureOf);
    given.abort(new Error('enough'));
    destroy(new Error('gone'));
    await goOn();
    const [first, ...others] = await Promise.all(waiting);
    expect(first).toBe(given.signal.reason);
    for (const error of others)
      expect(error).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: { message: 'gone' } });
  });
});

describe('StreamWriter.flush()', () => {
  it('waits until the bytes written before are with the kernel, not for later ones', async () => {
    const { writer, transport } = open();
    await writer.flush();
    writer.write('a');
    const one = jest.fn();
    const flushing = writer.flush().then(one);
    transport.turn();
    writer.write('b');
    await turns(1);
    expect(one).not.toHaveBeenCalled();
    transport.take();
    await flushing;
    expect(writer.bufferedAmount).toBe(1);
    transport.take();
    await writer.flush();
    expect(writer.bytesWritten).toBe(2);
  });
});

describe('StreamWriter.writeEof()', () => {
  it('sends FIN after the queue, once', () => {
    const { writer, transport } = open();
    expect(writer.canWriteEof()).toBe(true);
    writer.write('a');
    writer.writeEof();
    writer.writeEof();
    writer.complete();
    transport.turn();
    expect(transport.asked).toEqual([]);
    transport.take();
    expect(transport.asked).toEqual(['end']);
    expect(writer.isClosing()).toBe(false);
  });

  it('sends FIN at once when the queue is empty', () => {
    const { writer, transport } = open();
    writer.writeEof();
    expect(transport.asked).toEqual(['end']);
  });
});

describe('StreamWriter.close()', () => {
  it('sends the queue, then FIN; waitClosed() resolves when the connection is closed', async () => {
    const { writer, transport } = open();
    const closed = jest.fn();
    const waiting = writer.waitClosed().then(closed);
    writer.write('a');
    expect(writer.isClosing()).toBe(false);
    writer.close();
    writer.close();
    expect(writer.isClosing()).toBe(true);
    transport.turn();
    transport.take();
    expect(transport.asked.filter((asked) => asked === 'end')).toHaveLength(1);
    transport.take();
    transport.events.onEnd();
    expect(transport.asked.at(-1)).toBe('destroy');
    await turns(1);
    expect(closed).not.toHaveBeenCalled();
    transport.events.onClosed(undefined);
    await waiting;
    await writer.waitClosed();
  });

  it('resolves waitClosed() after a failure too', async () => {
    const { writer, transport } = open();
    transport.events.onClosed(new Error('broken'));
    expect(await writer.waitClosed()).toBeUndefined();
    expect(writer.isClosing()).toBe(true);
  });
});

describe('StreamWriter.error()', () => {
  it('aborts: drops the queue, and rejects every waiter', async () => {
    const { writer, transport, connection } = open({ highWaterMark: 1 });
    writer.write('a');
    const draining = failureOf(writer.drain());
    const reading = failureOf(connection.reader.readLine());
    const reason = new Error('enough');
    writer.error(reason);
    expect(writer.bufferedAmount).toBe(0);
    expect(transport.asked).toEqual(['destroy']);
    expect(await draining).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: reason });
    expect(await reading).toMatchObject({ code: 'ERR_CONNECTION_CLOSED', cause: reason });
    transport.turn();
    expect(transport.writes).toEqual([]);
    transport.events.onClosed(undefined);
    expect(await connection.closed).toEqual({ by: 'local', error: reason });
  });
});

describe('StreamWriter as an observer', () => {
  it.each(['close', 'writeEof'] as const)(
    'does not abort the bytes that %s is still sending when its source errors',
    async (end) => {
      const [near, far] = connectionPair();
      const source = new Subject<string>();
      source.pipe(backpressure(near.writer)).subscribe(near.writer);
      source.next('all ');
      near.writer.write('of it');
      near.writer[end]();
      source.next('too late');
      expect(`${await far.reader.readAll()}`).toBe('all of it');
      far.writer.close();
      expect(await near.closed).toEqual({ by: 'local' });
    },
  );

  it('writes the values of a source, and sends FIN when it completes', async () => {
    const [near, far] = connectionPair();
    of('a', Buffer.from('b'), new Uint8Array([0x63])).subscribe(near.writer);
    expect(`${await far.reader.readAll()}`).toBe('abc');
    far.writer.complete();
    expect(await near.closed).toEqual({ by: 'local' });
  });

  it('aborts when the source errors', async () => {
    const [near, far] = connectionPair();
    const reason = new Error('source');
    throwError(() => reason).subscribe(near.writer);
    expect(await near.closed).toEqual({ by: 'local', error: reason });
    await far.close();
  });

  it('unsubscribes from a source once the connection is lost', async () => {
    const [near, far] = connectionPair();
    const source = new Subject<string>();
    source.subscribe(near.writer);
    near.destroy();
    source.next('x');
    source.complete();
    source.error(new Error('late'));
    expect(near.writer.bufferedAmount).toBe(0);
    await far.close();
  });

  it('accepts several sources', async () => {
    const { writer, transport } = open();
    const [one, other] = [new Subject<string>(), new Subject<string>()];
    one.subscribe((chunk) => writer.next(chunk));
    other.subscribe((chunk) => writer.next(chunk));
    one.next('a');
    other.next('b');
    one.next('c');
    transport.turn();
    expect(transport.writes).toEqual(['abc']);
  });
});

describe('StreamWriter as an Observable', () => {
  it('emits the accepted chunks, and completes with the writing side', () => {
    const { writer } = open({ maxQueued: 5 });
    const { seen } = record(writer);
    writer.write('a');
    writer.write('');
    writer.next(Buffer.from('bcdef'));
    expect(() => writer.write('too much')).toThrow(BufferOverflowError);
    writer.writeEof();
    expect(seen).toEqual(['a', 'bcdef', '|']);
    expect(record(writer).seen).toEqual(['|']);
  });

  it('completes when the connection is lost', () => {
    const { writer, transport } = open();
    const { seen } = record(writer);
    transport.events.onClosed(new Error('broken'));
    expect(seen).toEqual(['|']);
  });

  it('survives unsubscribe() of Subject', async () => {
    const { writer, transport, connection } = open();
    writer.unsubscribe();
    writer.write('a');
    transport.turn();
    expect(transport.writes).toEqual(['a']);
    connection.destroy();
    transport.events.onClosed(undefined);
    expect(await connection.closed).toEqual({ by: 'local' });
  });

  it('is a StreamWriter, and a Subject', () => {
    expect(open().writer).toBeInstanceOf(StreamWriter);
    expect(open().writer).toBeInstanceOf(Subject);
  });
});

describe('StreamWriter.getExtraInfo()', () => {
  it('asks the transport', () => {
    expect(open().writer.getExtraInfo('socket')).toBe('the socket');
  });

  it.each(transports)('returns all values of $name', async ({ name, open: openEnds }) => {
    const { near, far, release } = await openEnds('client');
    const info = (key: string) => near.writer.getExtraInfo(key);
    expect(info('nonsense')).toBeUndefined();
    if (name === 'TCP' || name === 'TLS') {
      expect(info('peername')).toEqual({ address: '127.0.0.1', port: far.localPort, family: 'IPv4' });
      expect(info('sockname')).toEqual({ address: '127.0.0.1', port: far.remotePort, family: 'IPv4' });
    }
    if (name === 'Unix') {
      expect(info('peername')).toMatch(/ends\.sock$/);
      expect(far.writer.getExtraInfo('sockname')).toBe(info('peername'));
    }
    if (name === 'TLS') {
      expect(info('cipher')).toMatchObject({ name: expect.any(String), version: 'TLSv1.3' });
      expect(info('peercert')).toMatchObject({ subject: { CN: 'rxjs-tcp specs' } });
    }
    expect(info('socket') === undefined).toBe(name === 'memory');
    const peername = info('peername');
    await release();
    expect(info('peername')).toEqual(peername);
  });
});

describe('StreamWriter with a slow peer', () => {
  it.each(transports)('over $name gets under pressure, and out of it again', async ({ open: openEnds }) => {
    const { near, far, release } = await openEnds('client');
    const pressure: boolean[] = [];
    near.writer.pressure$.subscribe((on) => pressure.push(on));
    const total = 8 * 1024 * 1024;
    expect(near.writer.write(Buffer.alloc(total))).toBe(false);
    await until('the peer holds enough', () => far.reader.bufferedAmount > 128 * 1024);
    await turns(20);
    expect(pressure).toEqual([false, true]);
    const draining = near.writer.drain();
    expect(await far.reader.readExactly(total)).toHaveLength(total);
    await draining;
    expect(pressure).toEqual([false, true, false]);
    await release();
  });
});

describe('StreamWriter: a watcher whose teardown throws', () => {
  it('does not keep the others from being told, and the connection reports the error', async () => {
    const [near, far] = connectionPair();
    const thrown: unknown[] = [];
    near.reader.input.guard = { error: (error) => thrown.push(error) };
    const seen: string[] = [];
    const failure = new Error('teardown');
    const fails = () => {
      throw failure;
    };
    const look = (name: string) => ({ error: () => seen.push(name), complete: () => seen.push(name) });
    NEVER.pipe(writeTo(near.writer), finalize(fails)).subscribe(look('first'));
    NEVER.pipe(writeTo(near.writer)).subscribe(look('second'));
    near.writer.pipe(finalize(fails)).subscribe(look('tap'));
    near.writer.write(Buffer.alloc(8 * 1024 * 1024));
    const draining = failureOf(near.writer.drain());
    near.destroy();
    expect(await draining).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    expect(await near.closed).toEqual({ by: 'local' });
    expect(seen).toEqual(['first', 'second', 'tap']);
    expect(thrown).toMatchObject([{ errors: [failure] }, { errors: [failure] }]);
    far.destroy();
  });
});

describe('StreamWriter as a stream of Node', () => {
  it('is refused, with what to use instead', async () => {
    const [near, far] = connectionPair();
    const refused = new TypeError('Cannot use a StreamWriter as a stream of Node: use connection.toDuplex()');
    expect(await failureOf(pipeline(Readable.from(['x']), near.writer as never))).toEqual(refused);
    expect(thrownBy(() => Readable.from(['x']).pipe(near.writer as never))).toEqual(refused);
    const piped = new Response('x').body!.pipeTo(near.writer as never);
    expect(await failureOf(piped)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    await pipeline(Readable.from(['hello']), near.toDuplex());
    expect(`${await far.reader.readAll()}`).toBe('hello');
    far.destroy();
  });
});
