// Proves that noise and false starts cost no good frame, in any cut, that every skipped byte is told, and that hostile bytes
// cost linear time.
import { map } from 'rxjs';
import { runMarbles, verifyDecoder } from 'rxjs-tcp/testing';
import {
  type Codec,
  type Decoder,
  decode,
  type FrameReader,
  fixedSize,
  IncompleteReadError,
  InvalidFrameError,
  lengthPrefixed,
  mapped,
  type ResyncOptions,
  resync,
  StreamReader,
} from '../../src';
import { bytes, cutsOf, everyNth } from '../support/cuts';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

const sumOf = (payload: Uint8Array) => payload.reduce((sum, byte) => (sum + byte) & 255, 0);

/** A marker, a length, the payload, its sum. */
function frame(payload: string | Uint8Array, marker = '$'): Buffer {
  const body = Buffer.from(payload);
  return Buffer.concat([bytes(marker, 'latin1'), Buffer.of(body.length), body, Buffer.of(sumOf(body))]);
}

/** Bytes that look like a frame that holds `inside`, with a wrong sum. */
function falseStart(inside: Buffer, marker = '$'): Buffer {
  return Buffer.concat([
    bytes(marker, 'latin1'),
    Buffer.of(inside.length),
    inside,
    Buffer.of((sumOf(inside) + 1) & 255),
  ]);
}

function generator(marker = '$') {
  return function* (read: FrameReader) {
    yield* read.skip(marker.length);
    const payload = yield* read.exactly(yield* read.uint(1));
    if ((yield* read.uint(1)) !== sumOf(payload)) throw new InvalidFrameError('the sum is wrong', 0);
    return `${payload}`;
  };
}

/** The same by two codecs, which consume a frame before they refuse it. */
const codec: Codec<string> = mapped(
  lengthPrefixed({ bytes: 1, offset: 1, adjustment: 1, strip: false, maxLength: 300 }),
  {
    decode: (whole) => {
      const payload = whole.subarray(2, -1);
      if (whole.at(-1) !== sumOf(payload)) throw new Error('the sum is wrong');
      return `${payload}`;
    },
    encode: (payload: string) => frame(payload),
  },
);

/** Reads in one go, however long it takes. */
function readAll(decoder: Decoder<string>, chunks: Buffer[]) {
  const { reader, push, end } = handFed();
  const recording = record(reader.pipe(decode(decoder)));
  push(...chunks);
  end();
  return recording;
}

describe.each<[string, (options: ResyncOptions) => Decoder<string>]>([
  ['a codec', (options) => resync(codec, options)],
  ['a generator function', (options) => resync(generator(), options)],
  ['an object with a generator function', (options) => resync({ decode: generator(), encode: frame }, options)],
])('resync(%s)', (_, noisy) => {
  function run(chunks: Buffer[]) {
    const skipped: Buffer[] = [];
    const decoder = noisy({ marker: '$', onSkip: (some) => skipped.push(some) });
    const { seen, error } = readAll(decoder, chunks);
    return { seen, error, skipped: Buffer.concat(skipped).toString('latin1') };
  }

  it('changes nothing without noise', () => {
    verifyDecoder(
      noisy({ marker: '$' }),
      ['one', '', 'two $ two', '$$$'].map((payload) => [frame(payload), payload]),
    );
  });

  it.each<[string, Buffer[], string[], string]>([
    ['before and between frames', [bytes('ab'), frame('1'), bytes('c'), frame('2')], ['1', '2', '|'], 'abc'],
    ['at the end', [frame('1'), bytes('xyz')], ['1', '|'], 'xyz'],
    ['alone', [bytes('noise')], ['|'], 'noise'],
    ['a marker before a marker', [bytes('$'), frame('12'), frame('3')], ['12', '3', '|'], '$'],
    [
      'a false start that holds three good frames',
      [frame('0'), falseStart(Buffer.concat([frame('1'), frame('22'), frame('333')])), frame('4')],
      ['0', '1', '22', '333', '4', '|'],
      '',
    ],
    [
      'a false start in a false start',
      [falseStart(Buffer.concat([bytes('x'), falseStart(frame('1')), frame('2')])), frame('3')],
      ['1', '2', '3', '|'],
      '',
    ],
    [
      'a false start that the end of the stream cuts off',
      [bytes('$\x40'), frame('1'), frame('2'), frame('3')],
      ['1', '2', '3', '|'],
      '$\x40',
    ],
  ])('skips noise and tells it: %s', (__, parts, expected, skipped) => {
    const whole = Buffer.concat(parts);
    for (const cut of cutsOf(whole)) {
      const result = run(cut);
      expect(result.seen).toEqual(expected);
      const left = whole.length - expected.slice(0, -1).reduce((sum, payload) => sum + frame(payload).length, 0);
      expect(result.skipped.length).toBe(left);
      if (skipped.length === left) expect(result.skipped).toBe(skipped);
    }
  });

  it('errors with the bytes of a frame that the end of the stream cuts off', () => {
    for (const cut of cutsOf(bytes('?$\x05abc'))) {
      const { error, skipped } = run(cut);
      expect(error).toBeInstanceOf(IncompleteReadError);
      expect((error as IncompleteReadError).partial.toString()).toBe('$\x05abc');
      expect(skipped).toBe('?');
    }
  });

  it('loses no good frame in seeded noise', () => {
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const good: string[] = [];
    const parts: Buffer[] = [];
    for (let i = 0; i < 300; i++) {
      // Noise without the marker; with it, noise might hold a valid frame by chance.
      parts.push(Buffer.from(Array.from({ length: random(20) }, () => random(36))));
      const some = [frame(`a${i}`), frame(`b${i}`), frame(`c${i}`)];
      good.push(`a${i}`, `b${i}`, `c${i}`);
      const inside = Buffer.concat(some);
      parts.push(random(2) === 0 ? inside : falseStart(inside));
    }
    const whole = Buffer.concat(parts);
    for (const size of [1, 7, 100, 1460, whole.length]) {
      const { seen, skipped } = run(everyNth(whole, size));
      expect(seen).toEqual([...good, '|']);
      expect(skipped.length).toBe(whole.length - good.reduce((sum, payload) => sum + payload.length + 3, 0));
    }
  });
});

describe('resync', () => {
  it.each(['\xaa\x55', '$$$', 'START'])('takes a marker of several bytes: %j', (marker) => {
    const noisy = resync(generator(marker), { marker: bytes(marker, 'latin1') });
    verifyDecoder(noisy, [
      [frame('one', marker), 'one'],
      [frame('', marker), ''],
      [frame(Buffer.concat([bytes('2'), bytes(marker, 'latin1')]), marker), `2${bytes(marker, 'latin1')}`],
    ]);
    const inside = Buffer.concat([frame('1', marker), frame('2', marker), frame('3', marker)]);
    const whole = Buffer.concat([
      bytes(`x${marker.slice(0, 1)}`, 'latin1'),
      falseStart(inside, marker),
      frame('4', marker),
    ]);
    for (const cut of cutsOf(whole)) {
      expect(record(StreamReader.from(cut).pipe(decode(noisy))).seen).toEqual(['1', '2', '3', '4', '|']);
    }
  });

  it('takes several markers', () => {
    const noisy = resync(generator(), { marker: ['$', '!'] });
    const whole = Buffer.concat([bytes('x'), frame('1', '!'), bytes('y'), frame('2', '$')]);
    for (const cut of cutsOf(whole)) {
      expect(record(StreamReader.from(cut).pipe(decode(noisy))).seen).toEqual(['1', '2', '|']);
    }
  });

  it('passes a frame over its limit, and one that is no number of bytes', () => {
    const short = resync(lengthPrefixed({ bytes: 1, offset: 1, strip: false, maxLength: 9 }), { marker: '$' });
    const seen = record(StreamReader.from([bytes('$\x40$\x02ok')]).pipe(decode(short))).seen;
    expect(seen).toEqual(['$\x02ok', '|']);
    const blocks = resync(fixedSize(3), { marker: '$' });
    const { seen: two, error } = record(StreamReader.from([bytes('x$ab$c')]).pipe(decode(blocks)));
    expect(two).toEqual(['$ab', '# IncompleteReadError']);
    expect((error as IncompleteReadError).partial.toString()).toBe('$c');
  });

  it('keeps the unfinished frame when the read is cancelled in noise, and another read may take it', async () => {
    const { reader, push } = handFed();
    const noisy = resync(codec, { marker: '$' });
    const first = record(reader.pipe(decode(noisy)));
    push('xy$\x02a');
    first.subscription.unsubscribe();
    expect(`${await reader.read(2)}`).toBe('$\x02');
    push(Buffer.concat([bytes('z'), frame('1')]));
    expect(record(reader.pipe(decode(noisy))).seen).toEqual(['1']);
  });

  it('drops no frame when onSkip ends the read', async () => {
    const { reader, push } = handFed();
    const controller = new AbortController();
    const noisy = resync(codec, { marker: '$', onSkip: () => controller.abort() });
    const frames = reader.readFrame(noisy, { signal: controller.signal }).catch(() => 'aborted');
    push(Buffer.concat([bytes('xy'), frame('1')]));
    expect(await frames).toBe('aborted');
    expect(await reader.readFrame(codec)).toBe('1');
  });

  it('passes on other errors of the decoder and of onSkip', () => {
    const broken = resync(
      {
        decode: (): string => {
          throw new TypeError('a bug');
        },
      },
      { marker: '$' },
    );
    expect(record(StreamReader.from([bytes('$')]).pipe(decode(broken))).error).toEqual(new TypeError('a bug'));
    const refusing = resync(codec, {
      marker: '$',
      onSkip: () => {
        throw new Error('too much noise');
      },
    });
    const reader = StreamReader.from([Buffer.concat([bytes('xy'), frame('1')])]);
    expect(record(reader.pipe(decode(refusing))).error).toEqual(new Error('too much noise'));
    expect(record(reader.pipe(decode(refusing))).seen).toEqual(['1', '|']);
  });

  it('with a frame timeout, gives up a false start and finds the frames inside of it', () => {
    runMarbles(({ connection, expectObservable }) => {
      const skipped: string[] = [];
      const noisy = resync(codec, { marker: '$', onSkip: (some) => skipped.push(some.toString('latin1')) });
      const { reader } = connection('a 19ms b 19ms c|', {
        a: Buffer.concat([bytes('$\x40'), frame('1'), frame('2')]),
        b: bytes('$\x40abc'),
        c: frame('3'),
      });
      const frames = reader.pipe(
        decode(noisy, { frameTimeout: 5, onTimeout: 'drop' }),
        map((payload) => `${payload} after ${skipped.join()}`),
      );
      expectObservable(frames).toBe('5ms (ab) 31ms c|', {
        a: '1 after $\x40',
        b: '2 after $\x40',
        c: '3 after $\x40,$\x40abc',
      });
    });
  });

  it.each<[string, (i: number) => number]>([
    ['markers alone', () => 36],
    ['a marker and the largest length, over and over', (i) => (i % 2 === 0 ? 36 : 255)],
    ['a marker now and then', (i) => (i % 50 === 0 ? 36 : 255)],
    ['no marker', () => 1],
  ])('costs linear time for hostile bytes: %s', (_, byteAt) => {
    const whole = Buffer.from(Array.from({ length: 60_000 }, (__, i) => byteAt(i)));
    let looked = 0;
    const counting = resync(
      {
        decode(buffer, ended) {
          // What the decoder can see of a frame is what it may work on.
          looked += Math.min(buffer.length, 258);
          return codec.decode(buffer, ended);
        },
      } as Decoder<string>,
      { marker: '$' },
    );
    readAll(counting, everyNth(whole, 4096));
    expect(looked).toBeLessThan(150 * whole.length);
  });

  it('tries fewer markers when false starts are long and overlap, and recovers', () => {
    const long = lengthPrefixed({ bytes: 2, offset: 1, adjustment: 1, strip: false, maxLength: 70_000 });
    let attempts = 0;
    const summed = mapped(long, {
      decode: (whole) => {
        attempts++;
        if (whole.at(-1) !== sumOf(whole.subarray(3, -1))) throw new Error('the sum is wrong');
        return `${whole.subarray(3, -1)}`;
      },
      encode: String,
    });
    // Each false start has 0x2424 bytes.
    const hostile = Buffer.alloc(1_000_000, '$');
    const good = Buffer.concat([bytes('$\x00\x02ok'), Buffer.of(sumOf(bytes('ok')))]);
    const calm = Buffer.concat(Array.from({ length: 20_000 }, () => good));
    const chunks = [...everyNth(hostile, 65_536), ...everyNth(calm, 65_536)];
    const { seen } = readAll(resync(summed, { marker: '$' }), chunks);
    expect(attempts).toBeLessThan(50_000);
    expect(seen.length).toBeGreaterThan(15_000);
  });

  it('throws at the call for invalid arguments', () => {
    expect(() => resync(undefined as never, { marker: '$' })).toThrow(TypeError);
    expect(() => resync(codec, { marker: '' })).toThrow(RangeError);
    expect(() => resync(codec, {} as never)).toThrow('Cannot search for a separator of type undefined');
    expect(() => resync(generator(), { marker: '$', maxLength: 0 })).toThrow(RangeError);
  });

  it('has the types of its codec, and encodes as it does', () => {
    const both: Codec<string> = resync(codec, { marker: '$' });
    expect(both.encode('hi')).toEqual(frame('hi'));
    const ofGenerator: Codec<string, string> = resync({ decode: generator(), encode: frame }, { marker: '$' });
    expect(ofGenerator.encode('hi')).toEqual(frame('hi'));
    const decoder: Decoder<string> = resync(generator(), { marker: '$' });
    expect('encode' in decoder).toBe(false);
  });
});
