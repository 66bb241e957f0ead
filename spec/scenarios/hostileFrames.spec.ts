// Proves that hostile frames cause a typed error at once, and that memory and time stay bounded until then.
import type { Subscription } from 'rxjs';
import {
  type DecodeOptions,
  type Decoder,
  decode,
  delimited,
  type FrameGenerator,
  fixedSize,
  InvalidFrameError,
  LimitOverrunError,
  lengthPrefixed,
  lines,
  ndjson,
} from '../../src';
import { hex } from '../../src/testing';
import { handFed } from '../support/handFed';
import { turns } from '../support/until';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Feeds chunks to a decoder: returns its error, and the most bytes that it kept until then. */
function feed<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  chunks: Iterable<Uint8Array>,
  { afterError = false, ...options }: { afterError?: boolean } & DecodeOptions = {},
) {
  const { reader, push } = handFed();
  const seen = { frames: 0, error: undefined as unknown, most: 0, pushed: 0 };
  const framesOf = () =>
    typeof decoder === 'function' ? decode(decoder as FrameGenerator<T>, options) : decode(decoder);
  let subscription: Subscription | undefined;
  const subscribe = () => {
    subscription = reader.pipe(framesOf()).subscribe({
      next: () => seen.frames++,
      error: (error) => {
        seen.error = error;
      },
    });
  };
  subscribe();
  for (const chunk of chunks) {
    push(chunk);
    seen.pushed += chunk.length;
    seen.most = Math.max(seen.most, reader.bufferedAmount);
    if (seen.error !== undefined && !afterError) break;
  }
  subscription?.unsubscribe();
  return seen;
}

function* endless(chunk: Uint8Array, bytes: number): Generator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** The CPU time of this process, which other processes do not increase. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const bySize: FrameGenerator<Buffer> = function* (read) {
  return yield* read.exactly((yield* read.exactly(4)).readUInt32BE());
};

describe('a decoder', () => {
  // The bytes, the decoder and its error: it comes with the bytes that cause it, before any others are awaited.
  it.each<[string, Decoder<unknown> | FrameGenerator<unknown>, Buffer, Error]>([
    ['a length of 4 GiB', lengthPrefixed({ bytes: 4 }), hex`ffffffff`, new LimitOverrunError(16 * MIB, 2 ** 32 + 3)],
    ['a length of 2^64', lengthPrefixed({ bytes: 8 }), hex`ffffffffffffffff`, new LimitOverrunError(16 * MIB, 2 ** 64)],
    ['a length of 4 GiB, to a generator', bySize, hex`ffffffff`, new LimitOverrunError(16 * MIB, 2 ** 32 + 3)],
    [
      'a negative varint',
      lengthPrefixed({ bytes: 'varint' }),
      hex`ffffffffffffffffff01`,
      new InvalidFrameError('the varint is longer than 8 bytes', 8),
    ],
    [
      'an overlong varint',
      lengthPrefixed({ bytes: 'varint' }),
      hex`808000`,
      new InvalidFrameError('the varint has more bytes than it needs', 2),
    ],
    [
      'a varint without end',
      lengthPrefixed({ bytes: 'varint' }),
      Buffer.alloc(64 * KIB, 0x80),
      new InvalidFrameError('the varint is longer than 8 bytes', 8),
    ],
    [
      'a length shorter than itself',
      lengthPrefixed({ bytes: 4, includesPrefix: true }),
      hex`00000000`,
      new InvalidFrameError('a length of 0 leaves -4 bytes for the payload', 0),
    ],
    [
      'deep and wrong JSON',
      ndjson(),
      Buffer.from(`${'[{"a":'.repeat(10_000)}]\n`),
      new InvalidFrameError('the line is not JSON', 60_000),
    ],
  ])('errors for %s', (_, decoder, bytes, error) => {
    const { error: thrown, frames, most } = feed(decoder, [bytes]);
    expect(thrown).toEqual(error);
    expect(frames).toBe(0);
    expect(most).toBeLessThanOrEqual(bytes.length);
  });

  // The separator or the end never comes: the error comes at the limit, whatever follows.
  it.each<[string, Decoder<unknown> | FrameGenerator<unknown>, number, DecodeOptions?]>([
    ['a record', delimited('\r\n'), 64 * KIB],
    ['a record of several separators', delimited(['\0', '--x--']), 64 * KIB],
    ['a line of JSON', ndjson(), 64 * KIB],
    [
      'a line, to a generator',
      function* (read) {
        return yield* read.line();
      },
      64 * KIB,
    ],
    [
      'a record, to a generator',
      function* (read) {
        return yield* read.until(['\r\n', '\0']);
      },
      64 * KIB,
    ],
    [
      'a block, to a generator',
      function* (read) {
        return yield* read.exactly(2 ** 31);
      },
      16 * MIB,
    ],
    [
      'a frame of small reads, to a generator',
      function* (read) {
        while ((yield* read.exactly(1))[0] !== 0);
        return 'done';
      },
      MIB,
      { maxLength: MIB },
    ],
    [
      'a skip, by a generator',
      function* (read) {
        return yield* read.skip(1e15);
      },
      16 * MIB,
    ],
  ])('errors at its limit for endless input: %s', (_, decoder, limit, options = {}) => {
    const chunk = Buffer.alloc(16 * KIB, 'x');
    const { error, frames, most } = feed(decoder, endless(chunk, 4 * limit), options);
    expect(error).toBeInstanceOf(LimitOverrunError);
    expect(error).toMatchObject({ limit });
    expect(frames).toBe(0);
    expect(most).toBeLessThanOrEqual(limit + chunk.length);
  });

  it('keeps almost nothing of an endless record that it skips', () => {
    let overruns = 0;
    const passing = delimited(['\r\n', '\0'], { onOverrun: () => overruns++ });
    const { most, pushed } = feed(passing, endless(Buffer.alloc(16 * KIB, '\r'), 16 * MIB), { afterError: true });
    expect([overruns, pushed]).toEqual([1, 16 * MIB]);
    expect(most).toBeLessThanOrEqual(80 * KIB);
  });

  // Many empty frames: they cost time and no memory, and every turn ends.
  it.each<[string, Decoder<unknown>, Buffer, number]>([
    ['lengths of 0', lengthPrefixed({ bytes: 1 }), Buffer.alloc(64 * KIB), 1],
    ['empty records', delimited('\n'), Buffer.alloc(64 * KIB, '\n'), 1],
    ['empty lines, none of them JSON', ndjson(), Buffer.alloc(64 * KIB, '\n'), 0],
    ['bytes', fixedSize(1), Buffer.alloc(64 * KIB), 1],
  ])(
    'bounds memory and turns for an endless stream of: %s',
    async (_, decoder, chunk, framesPerByte) => {
      const { reader, push, asked } = handFed();
      let frames = 0;
      const subscription = reader.pipe(decode(decoder)).subscribe(() => frames++);
      let [most, longest] = [0, 0];
      for (let sent = 0; sent < MIB; sent += chunk.length) {
        const start = cpuMilliseconds();
        push(chunk);
        longest = Math.max(longest, cpuMilliseconds() - start);
        most = Math.max(most, reader.bufferedAmount);
        // Like a paused socket; the unread bytes are read in the next turns.
        while (reader.bufferedAmount > chunk.length) await turns(1);
      }
      while (reader.bufferedAmount > 0) await turns(1);
      expect(frames).toBe(MIB * framesPerByte);
      expect(most).toBeLessThanOrEqual(2 * chunk.length);
      // Every pause of the source was followed by a resume.
      expect(asked.filter((what) => what === 'pause').length).toBe(asked.filter((what) => what === 'resume').length);
      expect(longest).toBeLessThan(1000);
      subscription.unsubscribe();
    },
    20_000,
  );

  it('takes linear time for a line of 64 KiB that arrives byte by byte', () => {
    const { error } = feed(
      ndjson(),
      (function* () {
        for (let i = 0; i < 64 * KIB; i++) yield Buffer.from('[');
        yield Buffer.from('[');
      })(),
    );
    expect(error).toMatchObject({ name: 'LimitOverrunError', consumed: 64 * KIB + 1 });
    const { reader, push } = handFed();
    let seen: unknown;
    reader.pipe(lines()).subscribe({ error: (reason) => (seen = reason) });
    for (let i = 0; i <= 64 * KIB; i++) push('x');
    expect(seen).toBeInstanceOf(LimitOverrunError);
  });
});
