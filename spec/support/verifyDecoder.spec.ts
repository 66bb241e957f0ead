// Proves that `verifyDecoder` finds what is wrong with a decoder, and says where. A test that can't fail is none.
import type { ByteBuffer } from '../../src';
import { verifyDecoder } from './verifyDecoder';

const size = (buffer: ByteBuffer) => buffer.at(0);

function decodeOne(buffer: ByteBuffer): string | undefined {
  const length = size(buffer);
  if (length === undefined || buffer.length <= length) return undefined;
  return buffer.take(length + 1).toString('latin1', 1);
}

const PAIRS: [string, string][] = [
  ['\x01a', 'a'],
  ['\x00', ''],
  ['\x03bcd', 'bcd'],
];

describe('verifyDecoder', () => {
  it('has nothing to say of a decoder that is right', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS)).not.toThrow();
    const encode = (frame: string) => Buffer.from(String.fromCharCode(frame.length) + frame, 'latin1');
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode })).not.toThrow();
  });

  it('finds a wrong frame', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, [['\x01a', 'b']])).toThrow(
      'all at once, after byte 2: there is frame 0, "a", and there should be "b"',
    );
  });

  it('finds one that consumes what it has not finished', () => {
    const greedy = {
      decode(buffer: ByteBuffer) {
        const length = size(buffer);
        if (length === undefined) return undefined;
        if (buffer.length <= length) buffer.skip(1);
        else return decodeOne(buffer);
        return undefined;
      },
    };
    expect(() => verifyDecoder(greedy, PAIRS)).toThrow('byte by byte, after byte 2: ');
  });

  it('finds one that remembers, and so serves only one reader', () => {
    const seen = { bytes: 0 };
    const counting = {
      decode(buffer: ByteBuffer) {
        const frame = decodeOne(buffer);
        if (frame !== undefined) seen.bytes += frame.length;
        return frame === undefined ? undefined : `${frame}${seen.bytes > 4 ? '!' : ''}`;
      },
    };
    expect(() => verifyDecoder(counting, PAIRS)).toThrow('byte by byte');
  });

  it('finds one that waits for a byte too much', () => {
    const late = { decode: (buffer: ByteBuffer) => (buffer.length > 4 ? decodeOne(buffer) : undefined) };
    expect(() => verifyDecoder(late, PAIRS)).toThrow('all at once, after byte 7: there is no frame 2');
  });

  it('finds one that takes the end of the stream for the end of a frame', () => {
    const lenient = {
      decode: (buffer: ByteBuffer, ended: boolean) =>
        decodeOne(buffer) ?? (ended ? `rest ${buffer.take(buffer.length)}` : undefined),
    };
    expect(() => verifyDecoder(lenient, PAIRS)).toThrow('with the end of the stream at byte 1: there is a frame 0');
  });

  it('names the cut and the seed', () => {
    const bytes = `\x0c${'x'.repeat(12)}`;
    const fragile = {
      decode(buffer: ByteBuffer) {
        // Right for all at once, byte by byte and in two, wrong where the third chunk brings what lacks.
        if (buffer.length === 13 && !seen.has(12) && seen.size > 1) throw new Error('fragile');
        if (buffer.length > 0) seen.add(buffer.length);
        const frame = decodeOne(buffer);
        if (frame !== undefined) seen.clear();
        return frame;
      },
    };
    const seen = new Set<number>();
    expect(() => verifyDecoder(fragile, [[bytes, 'x'.repeat(12)]], { seed: 7 })).toThrow(
      /seed 7, cut \d+ at \[.*fragile/,
    );
  });

  it('finds an encoder that does not give the bytes, or gives what decodes to something else', () => {
    const upper = (frame: string) => Buffer.from(String.fromCharCode(frame.length) + frame.toUpperCase(), 'latin1');
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode: upper })).toThrow(
      'encoding frame 0: there is "\\u0001A", and there should be "\\u0001a"',
    );
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode: upper, manyForms: true })).toThrow(
      'decoding what frame 0 is encoded to',
    );
  });
});
