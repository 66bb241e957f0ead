// Proves that the small writes of a turn leave as one, that one batch at a time is with the transport, and that waiting
// bytes are counted.
import { connectionPair } from '../../src/connection/connectionPair';
import { eventLoop } from '../../src/eventLoop';
import { WriteQueue } from '../../src/writing/WriteQueue';
import { bytesIn } from '../support/bytesIn';
import { handTransport } from '../support/handTransport';

const BATCH = 256 * 1024;

function makeQueue(highWaterMark = 100) {
  const transport = handTransport();
  const told: (boolean | number)[] = [];
  const queue = new WriteQueue(
    transport,
    { onPressure: (on) => told.push(on), onWritten: (written) => told.push(written) },
    highWaterMark,
  );
  const push = (...chunks: (string | Uint8Array)[]) => {
    for (const chunk of chunks) queue.push(chunk, bytesIn(chunk));
  };
  return { transport, queue, push, told };
}

describe('WriteQueue', () => {
  it('writes nothing before the end of the turn, then everything at once', () => {
    const { transport, queue, push } = makeQueue();
    push('a', Buffer.from('b'), 'c');
    expect(transport.writes).toEqual([]);
    expect(queue.bufferedAmount).toBe(3);
    transport.turn();
    expect(transport.writes).toEqual(['abc']);
    expect(queue.bufferedAmount).toBe(3);
    transport.take();
    expect(queue.bufferedAmount).toBe(0);
    expect(queue.written).toBe(3);
  });

  it('has one batch in flight; chunks that arrive meanwhile form the next', () => {
    const { transport, push } = makeQueue();
    push('a');
    transport.turn();
    push('b', 'c');
    transport.turn();
    expect(transport.writes).toEqual(['a']);
    transport.take();
    expect(transport.writes).toEqual(['a', 'bc']);
  });

  it('schedules again after it ran empty', () => {
    const { transport, push } = makeQueue();
    for (const chunk of ['a', 'b']) {
      push(chunk);
      transport.turn();
      transport.take();
    }
    expect(transport.writes).toEqual(['a', 'b']);
  });

  it.each([
    ['bytes', (length: number) => Buffer.from('0123456789'.repeat(length / 10))],
    ['a string', (length: number) => '0123456789'.repeat(length / 10)],
  ])('cuts a large chunk up: %s', (_, make) => {
    const { transport, queue, push } = makeQueue();
    push('a', make(700_000), 'z');
    transport.turn();
    while (queue.bufferedAmount > 0) transport.take();
    expect(transport.writes.map((write) => write.length)).toEqual([1, BATCH, BATCH, 700_001 - 2 * BATCH]);
    expect(transport.writes.join('')).toBe(`a${make(700_000)}z`);
  });

  it('fills a batch with as many complete chunks as fit', () => {
    const { transport, queue, push } = makeQueue();
    push(...Array.from({ length: 5 }, () => Buffer.alloc(100_000, 'x')));
    transport.turn();
    while (queue.bufferedAmount > 0) transport.take();
    expect(transport.writes.map((write) => write.length)).toEqual([200_000, 200_000, 100_000]);
  });

  it('keeps the order of thousands of chunks, and releases those that were sent', () => {
    const { transport, queue, push } = makeQueue();
    const sent = Array.from({ length: 20_000 }, (_, i) => `${i};`);
    let pushed = 0;
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const chunk of sent) {
      push(chunk, Buffer.alloc(400, '.'));
      if (++pushed === 2000) transport.turn();
      // About as many leave as arrive, and some always wait.
      if (pushed > 2000 && pushed % 600 === 0) transport.take();
      least = Math.min(least, queue.bufferedAmount);
      most = Math.max(most, (queue as unknown as { chunks: unknown[] }).chunks.length);
    }
    expect(least).toBeGreaterThan(0);
    expect(most).toBeLessThan(10_000);
    while (queue.bufferedAmount > 0) transport.take();
    expect(transport.writes.join('').replaceAll('.', '')).toBe(sent.join(''));
  });

  it('keeps no chunk that was sent, while many more wait', () => {
    const { transport, queue, push } = makeQueue();
    push(...Array.from({ length: 10 }, () => Buffer.alloc(100_000)));
    transport.turn();
    transport.take();
    // Two batches of two chunks are with the kernel or on their way.
    const kept = Reflect.get(queue, 'chunks') as readonly (string | Uint8Array)[];
    expect(kept.reduce((sum, chunk) => sum + bytesIn(chunk), 0)).toBe(600_000);
  });

  it('is under pressure from the high-water mark on, until a quarter of it is left', () => {
    const { transport, queue, push, told } = makeQueue(BATCH * 4);
    push(Buffer.alloc(BATCH * 4 - 1));
    expect(queue.pressure).toBe(false);
    push('x', 'y');
    expect(queue.pressure).toBe(true);
    expect(told).toEqual([true]);
    transport.turn();
    transport.take();
    transport.take();
    expect(queue.bufferedAmount).toBe(2 * BATCH + 1);
    transport.take();
    expect(queue.bufferedAmount).toBe(BATCH + 1);
    expect(queue.pressure).toBe(true);
    transport.take();
    expect(queue.pressure).toBe(false);
    transport.take();
    expect(told).toEqual([true, BATCH, BATCH * 2, BATCH * 3, false, BATCH * 4, BATCH * 4 + 1]);
  });

  it('calls back at the end: at once if it is empty, else when everything is handed over', () => {
    const finished = jest.fn();
    const { transport, queue, push } = makeQueue();
    queue.finish(finished);
    expect(finished).toHaveBeenCalledTimes(1);
    push('a');
    queue.finish(finished);
    transport.turn();
    expect(finished).toHaveBeenCalledTimes(1);
    transport.take();
    expect(finished).toHaveBeenCalledTimes(2);
  });

  it('forgets everything when it is dropped, and ignores late answers', () => {
    const finished = jest.fn();
    const { transport, queue, push, told } = makeQueue(3);
    push('abc');
    transport.turn();
    push('def');
    queue.finish(finished);
    queue.drop();
    expect(queue.bufferedAmount).toBe(0);
    transport.take();
    transport.turn();
    expect(transport.writes).toEqual(['abc']);
    expect(queue.written).toBe(0);
    expect(told).toEqual([true, false]);
    expect(finished).not.toHaveBeenCalled();
  });
});

describe('WriteQueue: alternating small and large chunks, under pressure', () => {
  it('use hardly more memory than their bytes', () => {
    const [{ writer }, far] = connectionPair({ highWaterMark: 1 });
    const release = far.reader.pause();
    const before = process.memoryUsage().arrayBuffers;
    const head = Buffer.alloc(4);
    const body = Buffer.alloc(4096);
    for (let i = 0; i < 2000; i++) {
      writer.write(head);
      writer.write(body);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
    writer.error(new Error('done'));
    release();
  });
});

describe('WriteQueue: a transport that knows at once what the kernel has taken', () => {
  /** The kernel takes so many bytes; a batch that is too large for the rest of them waits. */
  function offering(takes: number, highWaterMark = 100) {
    const hand = handTransport();
    const offered: number[] = [];
    let room = takes;
    const transport = {
      ...hand,
      offer: (chunks: readonly Uint8Array[], done: () => void) => {
        const size = chunks.reduce((sum, { length }) => sum + length, 0);
        offered.push(size);
        if (size <= room) {
          room -= size;
          return true;
        }
        hand.write(chunks, done);
        return false;
      },
    };
    const told: (boolean | number)[] = [];
    const queue = new WriteQueue(
      transport,
      { onPressure: (on) => told.push(on), onWritten: (written) => told.push(written) },
      highWaterMark,
    );
    const push = (size: number) => queue.push(Buffer.alloc(size), size);
    return { transport, offered, told, queue, push };
  }

  it('hands a chunk of the high-water mark over at once, without pressure, and tells at the end of the turn', () => {
    const { transport, offered, told, queue, push } = offering(1000);
    push(100);
    expect([queue.bufferedAmount, queue.written, queue.pressure]).toEqual([0, 100, false]);
    expect(told).toEqual([]);
    push(200);
    transport.turn();
    expect(offered).toEqual([100, 200]);
    expect(told).toEqual([300]);
  });

  it('is under pressure if the kernel has not taken it, until it has', () => {
    const { transport, told, queue, push } = offering(150);
    push(100);
    push(100);
    expect([queue.bufferedAmount, queue.written, queue.pressure]).toEqual([100, 100, true]);
    transport.take();
    expect([queue.bufferedAmount, queue.written, queue.pressure]).toEqual([0, 200, false]);
    expect(told).toEqual([true, false, 200]);
    transport.turn();
    expect(told).toHaveLength(3);
  });

  it('joins small chunks of a turn all the same, also before a large one', () => {
    const { transport, offered, push } = offering(1000);
    for (const size of [10, 20, 30]) push(size);
    push(100);
    expect(offered).toEqual([]);
    transport.turn();
    expect(offered).toEqual([160]);
  });

  it('hands a chunk that is larger than a batch over in batches', () => {
    const { offered, queue, push } = offering(2 * BATCH);
    push(2 * BATCH + 1);
    expect(offered).toEqual([BATCH, BATCH, 1]);
    expect([queue.bufferedAmount, queue.written]).toEqual([1, 2 * BATCH]);
  });

  it('lets the others run when what it tells makes it write on and on, and the turn is long', () => {
    const hand = handTransport();
    const nextTurns: (() => void)[] = [];
    const nextTurn = (task: () => void) => nextTurns.push(task) > 0;
    const transport = { ...hand, nextTurn, offer: () => true };
    const push = () => queue.push('x', 1);
    const queue = new WriteQueue(transport, { onPressure: () => {}, onWritten: push }, 100);
    const isLong = jest.spyOn(eventLoop, 'turnIsLong').mockReturnValue(true);
    push();
    expect(nextTurns).toHaveLength(0);
    transport.turn();
    expect([queue.written, nextTurns.length]).toEqual([1, 1]);
    nextTurns[0]?.();
    expect([queue.written, nextTurns.length]).toEqual([2, 2]);
    isLong.mockReturnValue(false);
    nextTurns[1]?.();
    transport.turn();
    expect([queue.written, nextTurns.length]).toEqual([4, 2]);
    isLong.mockRestore();
  });

  it('calls back when it is finished: at once if all was taken', () => {
    const finished = jest.fn();
    const { transport, push, queue } = offering(1000);
    push(100);
    queue.finish(finished);
    expect(finished).toHaveBeenCalledTimes(1);
    push(10);
    queue.finish(finished);
    transport.turn();
    expect(finished).toHaveBeenCalledTimes(2);
  });
});
