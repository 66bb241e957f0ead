// Proves that `readFrame` reads one frame of any kind of decoder, and what it does at the end of the stream, when it is
// cancelled and when the decoder is wrong.
import { firstValueFrom } from 'rxjs';
import {
  connectionPair,
  type Decoder,
  type FrameReader,
  IncompleteReadError,
  LimitOverrunError,
  lengthPrefixed,
  lines,
  ndjson,
  ReaderBusyError,
  SocketTimeoutError,
  StreamReader,
} from '../../src';
import { bytes, cutsOf } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';

const blocks = lengthPrefixed({ bytes: 1 });
const byHand: Decoder<string> = { decode: (buffer, ended) => blocks.decode(buffer, ended)?.toString() };
function* generator(read: FrameReader) {
  const size = yield* read.uint(1);
  return `${yield* read.exactly(size)}`;
}

describe.each<[string, (reader: StreamReader, options?: object) => Promise<string | undefined>]>([
  ['a decoder', (reader, options) => reader.readFrame(byHand, options)],
  ['a generator function', (reader, options) => reader.readFrame(generator, options)],
  ['an object with a generator function', (reader, options) => reader.readFrame({ decode: generator }, options)],
])('StreamReader.readFrame(%s)', (_, read) => {
  it('reads one frame after the other, then undefined, for every way of cutting', async () => {
    for (const cut of cutsOf(bytes('\x02ab\x00\x03cde'))) {
      const reader = StreamReader.from(cut);
      expect([await read(reader), await read(reader), await read(reader)]).toEqual(['ab', '', 'cde']);
      expect([await read(reader), await read(reader)]).toEqual([undefined, undefined]);
    }
  });

  it('takes turns with reads of other kinds', async () => {
    const reader = StreamReader.from([bytes('\x01aline\n'), bytes('\x01b\x01')]);
    expect(await read(reader)).toBe('a');
    expect(await firstValueFrom(reader.pipe(lines()))).toBe('line');
    expect(await read(reader)).toBe('b');
    expect(reader.bufferedAmount).toBe(1);
  });

  it('rejects inside a frame at the end of the stream, with its bytes', async () => {
    const { reader, push, end } = handFed();
    const frame = read(reader);
    push('\x05a', 'bc');
    end();
    const error = await failureOf(frame);
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(`${(error as IncompleteReadError).partial}`).toBe('\x05abc');
    expect(reader.atEof()).toBe(true);
  });

  it('consumes nothing when it is aborted or times out inside a frame', async () => {
    const { reader, push } = handFed();
    const controller = new AbortController();
    const aborted = read(reader, { signal: controller.signal });
    push('\x02a');
    controller.abort(new Error('enough'));
    expect(await failureOf(aborted)).toEqual(new Error('enough'));
    expect(await failureOf(read(reader, { timeout: 1 }))).toEqual(new SocketTimeoutError('read', 1));
    expect(await failureOf(read(reader, { signal: controller.signal }))).toEqual(new Error('enough'));
    const frame = read(reader);
    push('b');
    expect(await frame).toBe('ab');
  });

  it('waits while the reader is held, and is refused beside another read', async () => {
    const { reader, push } = handFed();
    const release = reader.pause();
    push('\x01a');
    const seen: unknown[] = [];
    const frame = read(reader).then((value) => seen.push(value));
    expect(await failureOf(read(reader))).toBeInstanceOf(ReaderBusyError);
    await Promise.resolve();
    expect(seen).toEqual([]);
    release();
    await frame;
    expect(seen).toEqual(['a']);
  });

  it('rejects with the error of a broken connection, after the frames before it', async () => {
    const { reader, push, fail } = handFed();
    push('\x01a\x02b');
    fail(new Error('broken'));
    expect(await read(reader)).toBe('a');
    expect(await failureOf(read(reader))).toEqual(new Error('broken'));
    expect(reader.bufferedAmount).toBe(2);
  });
});

describe('StreamReader.readFrame', () => {
  it('skips what the decoder skips: empty lines', async () => {
    const reader = StreamReader.from([bytes('\n\n{"id":1}\n\n')]);
    expect(await reader.readFrame(ndjson())).toEqual({ id: 1 });
    expect(await reader.readFrame(ndjson())).toBeUndefined();
  });

  it('reads null as a frame', async () => {
    expect(await StreamReader.from([bytes('null\n')]).readFrame(ndjson())).toBeNull();
  });

  it('keeps the bytes that a failing decoder has not consumed', async () => {
    const reader = StreamReader.from([bytes('\x05abcde')]);
    expect(await failureOf(reader.readFrame(lengthPrefixed({ bytes: 1, maxLength: 4 })))).toBeInstanceOf(
      LimitOverrunError,
    );
    expect(reader.bufferedAmount).toBe(6);
    expect(await failureOf(reader.readFrame(generator, { maxLength: 5 }))).toEqual(new LimitOverrunError(5, 6));
    expect(reader.bufferedAmount).toBe(6);
  });

  it('refuses a decoder that returns a frame but consumes nothing', async () => {
    const reader = StreamReader.from([bytes('abc')]);
    expect(await failureOf(reader.readFrame({ decode: (buffer) => buffer.at(0) }))).toEqual(
      new TypeError('Cannot decode the frame: the decoder returned it but consumed no byte'),
    );
    const arrow = { decode: (read: FrameReader) => generator(read) };
    expect(await failureOf(reader.readFrame(arrow))).toEqual(
      new TypeError('Cannot decode the frame: decode returned a generator; it must be a function* itself'),
    );
    expect(reader.bufferedAmount).toBe(3);
  });

  it('ends a generator that waits when the read is over', async () => {
    const { reader, push } = handFed();
    const ended: string[] = [];
    const waiting = function* (read: FrameReader) {
      try {
        return yield* read.exactly(5);
      } finally {
        ended.push('ended');
      }
    };
    const controller = new AbortController();
    const frame = reader.readFrame(waiting, { signal: controller.signal });
    push('a');
    expect(ended).toEqual([]);
    controller.abort();
    expect(ended).toEqual(['ended']);
    await failureOf(frame);
  });

  it('lets timers run between frames that are all at hand', async () => {
    const { reader, push } = handFed(undefined, true);
    push(Buffer.alloc(50_000));
    let ticked = false;
    setImmediate(() => {
      ticked = true;
    });
    let frames = 0;
    for (const until = Date.now() + 2_000; !ticked && Date.now() < until && frames < 50_000; frames++) {
      await reader.readFrame(byHand);
    }
    expect(ticked).toBe(true);
  });

  it('throws at the call for an invalid decoder or option', () => {
    const [{ reader }] = connectionPair();
    expect(() => reader.readFrame(undefined as never)).toThrow(TypeError);
    expect(() => reader.readFrame({} as never)).toThrow('Cannot decode with a value of type object');
    expect(() => reader.readFrame(byHand, { timeout: -1 })).toThrow(RangeError);
    expect(() => reader.readFrame(generator, { maxLength: 0 })).toThrow(RangeError);
    expect(() => reader.readFrame(byHand, { signal: {} as AbortSignal })).toThrow(TypeError);
  });

  it('has one deadline for several reads: a signal, and no warning for many of them', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    const { reader, push } = handFed();
    const controller = new AbortController();
    const { signal } = controller;
    for (let i = 0; i < 50; i++) {
      const frame = reader.readFrame(byHand, { signal });
      push('\x01a');
      expect(await frame).toBe('a');
    }
    const readers = Array.from({ length: 20 }, () => handFed().reader.readFrame(byHand, { signal }));
    controller.abort(new DOMException('late', 'TimeoutError'));
    expect(await Promise.all(readers.map(failureOf))).toEqual(Array(20).fill(signal.reason));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
