// Proves that a run of frames is what the same frames are one by one: whatever a subscriber does inside a delivery is seen before
// the following frame, for every decoder that has a run and however the bytes are cut.
import { type OperatorFunction, type Subscriber, type Subscription, take } from 'rxjs';
import type { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { Needle } from '../../src/bytes/Needle';
import type { Decoder } from '../../src/codecs/Decoder';
import { fixedSize } from '../../src/codecs/fixedSize';
import { type LengthPrefixedOptions, lengthPrefixed } from '../../src/codecs/lengthPrefixed';
import { blockDecoder, lineDecoder, untilDecoder } from '../../src/codecs/readDecoders';
import { runs } from '../../src/codecs/runs';
import { textLineDecoder } from '../../src/codecs/textLineDecoder';
import { LimitOverrunError, ReaderBusyError } from '../../src/errors';
import { eventLoop } from '../../src/eventLoop';
import { decode } from '../../src/operators/decode';
import type { Read } from '../../src/reading/Read';
import { ReadLoop } from '../../src/reading/ReadLoop';
import { subscriberFor } from '../../src/reading/rxjs7';
import { cutsOf } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';
import { handFed } from '../support/handFed';

type Frame = Buffer | string;

interface Kind {
  readonly decoder: Decoder<Frame>;
  /** The bytes of some frames, each by itself. */
  readonly wire: readonly Buffer[];
}

const wire = (...frames: string[]) => frames.map((frame) => Buffer.from(frame));
const LINES = wire('one\n', 'two\n', '\n', 'four\n', 'five\n', 'six\n');

function prefixed(options: LengthPrefixedOptions): Kind {
  const codec = lengthPrefixed(options);
  // Without `strip`, a frame brings its prefix.
  const whole = lengthPrefixed({ ...options, strip: true, offset: 0 });
  const head = Buffer.alloc(options.offset ?? 0, '#');
  const frames = ['one', 'two', '', 'four', 'five', 'six'];
  return { decoder: codec, wire: frames.map((frame) => Buffer.concat([head, whole.encode(Buffer.from(frame))])) };
}

const kinds: Readonly<Record<string, Kind>> = {
  'readLine()': { decoder: lineDecoder(), wire: LINES },
  "readUntil('\\n')": { decoder: untilDecoder([Needle.of('\n')]), wire: LINES },
  "readUntil('\\r\\n')": {
    decoder: untilDecoder([Needle.of('\r\n')]),
    wire: wire('one\r\n', 't\no\r\n', '\r\n', 'four\r\n', 'f\rve\r\n', 'six\r\n'),
  },
  'lines()': { decoder: textLineDecoder(), wire: wire('one\n', 'two\r\n', '\n', 'four\n', 'five\r\n', 'six\n') },
  'lines(), not ASCII': { decoder: textLineDecoder(), wire: wire('ż\n', '東京\n', '\n', '🙂\r\n', 'ó\n', 'да\n') },
  "lines({ eol: 'crlf' })": {
    decoder: textLineDecoder({ eol: 'crlf' }),
    wire: wire('one\r\n', 'two\r\n', '\r\n', 'four\r\n', 'five\r\n', 'six\r\n'),
  },
  'readExactly(3)': { decoder: blockDecoder(3), wire: wire('one', 'two', '333', '4ou', '5iv', 'six') },
  'fixedSize(2)': { decoder: fixedSize(2), wire: wire('on', 'tw', '33', '4o', '5i', 'si') },
  'lengthPrefixed, 4 bytes': prefixed({ bytes: 4 }),
  'lengthPrefixed, 2 bytes, little': prefixed({ bytes: 2, endian: 'little' }),
  'lengthPrefixed, which counts itself': prefixed({ bytes: 1, includesPrefix: true }),
  'lengthPrefixed, not stripped, at an offset': prefixed({ bytes: 2, strip: false, offset: 1 }),
  'lengthPrefixed, adjusted': prefixed({ bytes: 3, adjustment: -2 }),
  'lengthPrefixed, varint': prefixed({ bytes: 'varint' }),
  'lengthPrefixed, 8 bytes': prefixed({ bytes: 8 }),
};

const framesOf = (decoder: Decoder<Frame>) => decode(decoder) as OperatorFunction<Uint8Array, Frame>;
const plain = (frame: Frame) => (typeof frame === 'string' ? frame : frame.toString('latin1'));

/** A reader to which the chunks have come, and that begins to deliver with `go`. */
function filled(chunks: readonly Buffer[]) {
  const fed = handFed();
  const go = fed.reader.pause();
  fed.push(...chunks);
  return { ...fed, go };
}

/** What is unread. */
const unreadOf = ({ reader }: { reader: { bufferedAmount: number; peek(n: number): Buffer } }) =>
  reader.peek(reader.bufferedAmount).toString('latin1');

describe.each(Object.entries(kinds))('A run of %s', (_name, { decoder, wire }) => {
  const whole = Buffer.concat(wire);
  const cuts = cutsOf(whole, 20);
  const restBehind = (frames: number) => Buffer.concat(wire.slice(frames)).toString('latin1');
  /** What a decoder of the kind makes of the bytes, one call for each frame. */
  const expected = decodeAll(decoder, [whole]).frames;

  /** Tells a delivery of the n-th frame, from 1 on, for each cut. */
  function each(deliver: (n: number, fed: ReturnType<typeof filled>, subscription: () => Subscription) => void) {
    return cuts.map((chunks) => {
      const fed = filled(chunks);
      const seen: string[] = [];
      const subscription: Subscription = fed.reader.pipe(framesOf(decoder)).subscribe((frame) => {
        seen.push(plain(frame));
        deliver(seen.length, fed, () => subscription);
      });
      fed.go();
      return { fed, seen };
    });
  }

  it('has a run, and frames to prove it with', () => {
    expect(runs.of(decoder)).toBeDefined();
    expect(expected.length).toBe(wire.length);
  });

  it('delivers what single calls deliver, and has consumed each frame when it delivers it', () => {
    const unread: number[][] = [];
    const results = each((n, { reader }) => {
      if (n === 1) unread.push([]);
      unread.at(-1)!.push(reader.bufferedAmount);
    });
    for (const { seen } of results) expect(seen).toEqual(expected);
    const left = wire.map((_, i) => restBehind(i + 1).length);
    for (const amounts of unread) expect(amounts).toEqual(left);
  });

  it('goes on behind a subscriber that looks at what is unread', () => {
    const unread: string[] = [];
    for (const { seen } of each((_n, fed) => unread.push(unreadOf(fed)))) expect(seen).toEqual(expected);
    expect(unread).toEqual(cuts.flatMap(() => wire.map((_, i) => restBehind(i + 1))));
  });

  it.each([1, 2, 3, 5])('ends behind the frame that its subscriber leaves in: %i', (last) => {
    const results = each((n, _fed, subscription) => {
      if (n === last) subscription().unsubscribe();
    });
    for (const { fed, seen } of results) {
      expect(seen).toEqual(expected.slice(0, last));
      expect(unreadOf(fed)).toBe(restBehind(last));
    }
  });

  it('ends behind the frame that take() has enough with', () => {
    for (const chunks of cuts) {
      const fed = filled(chunks);
      const seen: string[] = [];
      fed.reader.pipe(framesOf(decoder), take(3)).subscribe((frame) => seen.push(plain(frame)));
      fed.go();
      expect(seen).toEqual(expected.slice(0, 3));
      expect(unreadOf(fed)).toBe(restBehind(3));
    }
  });

  it('ends behind the frame that is enough for a subscriber which is not subscribed yet', () => {
    for (const chunks of cuts) {
      const fed = filled(chunks);
      const seen: string[] = [];
      fed.go();
      fed.reader.pipe(framesOf(decoder), take(2)).subscribe((frame) => seen.push(plain(frame)));
      const bare: Subscriber<Frame> = subscriberFor<Frame>({
        next(frame) {
          seen.push(plain(frame));
          bare.unsubscribe();
        },
        error: () => {},
        complete: () => {},
      });
      fed.reader.pipe(framesOf(decoder)).subscribe(bare);
      expect(seen).toEqual(expected.slice(0, 3));
      expect(unreadOf(fed)).toBe(restBehind(3));
    }
  });

  it('ends behind the frame in which the reader is held, and goes on when it is released', () => {
    const releases: (() => void)[] = [];
    const results = each((n, { reader }) => {
      if (n === 2 || n === 3) releases.push(reader.pause());
    });
    for (const [i, { seen, fed }] of results.entries()) {
      expect(seen).toEqual(expected.slice(0, 2));
      expect(unreadOf(fed)).toBe(restBehind(2));
      releases[i]!();
      expect(seen).toEqual(expected.slice(0, 3));
      releases.at(-1)!();
      expect(seen).toEqual(expected);
    }
  });

  it('goes on behind a frame in which the reader is held and released', () => {
    for (const { seen } of each((_n, { reader }) => reader.pause()())) expect(seen).toEqual(expected);
  });

  it('hands over to the read that begins inside a delivery and stays, and refuses it otherwise', () => {
    const others: string[][] = [];
    const early: number[] = [];
    const left = each((n, { reader }, subscription) => {
      if (n !== 3) return;
      const other: string[] = [];
      others.push(other);
      reader.pipe(framesOf(decoder)).subscribe((frame) => other.push(plain(frame)));
      subscription().unsubscribe();
      early.push(other.length);
    });
    for (const { seen } of left) expect(seen).toEqual(expected.slice(0, 3));
    expect(others).toEqual(cuts.map(() => expected.slice(3)));
    expect(early).toEqual(cuts.map(() => 0));
    const errors: unknown[] = [];
    const refusals: number[] = [];
    const stayed = each((n, { reader }) => {
      if (n === 3) reader.pipe(framesOf(decoder)).subscribe({ error: (error) => errors.push(error) });
      // It was refused before the fourth frame.
      if (n === 4) refusals.push(errors.length);
    });
    for (const { seen } of stayed) expect(seen).toEqual(expected);
    for (const error of errors) expect(error).toBeInstanceOf(ReaderBusyError);
    expect(refusals).toEqual(cuts.map((_, i) => i + 1));
  });

  it('ends behind the frame in which an upgrade to TLS takes the bytes away', () => {
    const taken: Buffer[] = [];
    const results = each((n, { reader }) => {
      if (n === 2) reader.input.seize((bytes) => taken.push(Buffer.from(bytes)));
    });
    for (const [i, { seen, fed }] of results.entries()) {
      expect(seen).toEqual(expected.slice(0, 2));
      expect(taken[i]!.toString('latin1')).toBe(restBehind(2));
      expect(fed.reader.bufferedAmount).toBe(0);
      // What comes after it is another stream's.
      fed.push(wire[0]!);
      expect(seen).toEqual([...expected.slice(0, 2), expected[0]]);
    }
  });

  it('goes on with bytes that come inside a delivery', () => {
    const results = each((n, { push }) => {
      if (n === 2) push(...wire);
    });
    for (const { seen } of results) expect(seen).toEqual([...expected, ...expected]);
  });

  it('keeps what is behind a delivery that throws', () => {
    for (const chunks of cuts) {
      const loop = new ReadLoop(99);
      const seen: string[] = [];
      const read: Read<Frame> = {
        decoder,
        closed: false,
        next: (frame) => {
          seen.push(plain(frame));
          if (seen.length === 3) throw new Error('boom');
        },
        error: () => {},
        complete: () => {},
      };
      loop.hold('spec');
      loop.begin(read);
      for (const chunk of chunks) loop.push(chunk);
      expect(() => loop.release('spec')).toThrow('boom');
      expect(seen).toEqual(expected.slice(0, 3));
      expect(loop.buffer.length).toBe(restBehind(3).length);
      loop.hold('spec');
      loop.release('spec');
      expect(seen).toEqual(expected);
    }
  });

  it('asks for every frame whether the turn is long', () => {
    const look = jest.spyOn(eventLoop, 'look').mockImplementation(() => false);
    // As where each frame takes long.
    const pace = jest.replaceProperty(eventLoop, 'pace', 1);
    eventLoop.asksLeft = 1;
    try {
      const { reader, go } = filled([Buffer.concat([whole, whole, whole])]);
      let frames = 0;
      reader.pipe(framesOf(decoder)).subscribe(() => frames++);
      go();
      expect(frames).toBe(3 * wire.length);
      expect(look.mock.calls.length).toBeGreaterThanOrEqual(frames);
    } finally {
      look.mockRestore();
      pace.restore();
    }
  });
});

describe('A run', () => {
  it.each<[string, Decoder<Buffer>, string, string[], string]>([
    ['readLine()', lineDecoder(4), 'one\ntwo\nthree\nfour\n', ['one\n', 'two\n'], 'four\n'],
    ['readUntil()', untilDecoder([Needle.of('\n')], 4), 'one\ntwo\nthree\nfour\n', ['one\n', 'two\n'], 'three\nfour\n'],
    [
      'lengthPrefixed',
      lengthPrefixed({ bytes: 1, maxLength: 4 }),
      '\x03one\x03two\x05three\x04four',
      ['one', 'two'],
      '\x05three\x04four',
    ],
  ])('of %s ends at a frame over the limit, as a single call does', (_name, decoder, bytes, frames, rest) => {
    for (const chunks of cutsOf(Buffer.from(bytes))) {
      const fed = filled(chunks);
      const seen: string[] = [];
      let failure: unknown;
      fed.reader
        .pipe(decode(decoder))
        .subscribe({ next: (frame) => seen.push(`${frame}`), error: (error) => (failure = error) });
      fed.go();
      expect(seen).toEqual(frames);
      expect(failure).toBeInstanceOf(LimitOverrunError);
      expect(unreadOf(fed)).toBe(rest);
    }
  });

  it('does not belong to a decoder that is made of another', () => {
    const codec = lengthPrefixed({ bytes: 1 });
    let calls = 0;
    const own = {
      ...codec,
      decode: (buffer: ByteBuffer, ended: boolean) => {
        calls++;
        return codec.decode(buffer, ended);
      },
    };
    const { reader, go } = filled([Buffer.from('\x01a\x01b\x01c')]);
    const seen: string[] = [];
    reader.pipe(decode(own)).subscribe((frame) => seen.push(`${frame}`));
    go();
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  it('gives the rest of the turn to others where the work on its frames takes long', async () => {
    const { reader, push } = handFed(1 << 20, true);
    let frames = 0;
    let worked = 0;
    reader.pipe(decode(lineDecoder())).subscribe(() => {
      frames++;
      for (const until = performance.now() + 0.5; performance.now() < until; );
    });
    push(Buffer.from('x\n'.repeat(200)));
    worked = frames;
    expect(worked).toBeLessThan(200);
    while (frames < 200) await new Promise((resolve) => setImmediate(resolve));
  });
});
