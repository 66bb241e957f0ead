// Proves that `verifyDecoder` finds each kind of decoder bug, and where it is. A test that cannot fail proves nothing.

import { map, mergeMap, type Observable, scan } from 'rxjs';
import { type ByteBuffer, lines } from 'rxjs-tcp';
import { verifyDecoder } from 'rxjs-tcp/testing';
import { thrownBy } from '../../support/thrownBy';

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
  it('accepts a correct decoder', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS)).not.toThrow();
    const encode = (frame: string) => Buffer.from(String.fromCharCode(frame.length) + frame, 'latin1');
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode })).not.toThrow();
  });

  it('finds a wrong frame', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, [['\x01a', 'b']])).toThrow(
      "all at once, after byte 2: there is frame 0, 'a', and there should be 'b'",
    );
  });

  it('finds a decoder that consumes an unfinished frame', () => {
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

  it('finds a decoder that keeps state, and so serves only one reader', () => {
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

  it('finds a decoder that returns a frame without consuming it', () => {
    let answers = 0;
    const stuck = {
      decode(buffer: ByteBuffer) {
        // Ends a decoder that would otherwise run forever.
        if (++answers > 1000) throw new Error('endless');
        return `${buffer.peek(2).subarray(1)}`;
      },
    };
    expect(() => verifyDecoder(stuck, [['\x01a', 'a']])).toThrow(
      "all at once, after byte 2: there is no frame 0, and there should be 'a' (TypeError: Cannot decode the frame: " +
        'the decoder returned it but consumed no byte)',
    );
  });

  it('finds a decoder that waits for one byte too many', () => {
    const late = { decode: (buffer: ByteBuffer) => (buffer.length > 4 ? decodeOne(buffer) : undefined) };
    expect(() => verifyDecoder(late, PAIRS)).toThrow('all at once, after byte 7: there is no frame 2');
  });

  it('finds a decoder that treats the end of the stream as the end of a frame', () => {
    const lenient = {
      decode: (buffer: ByteBuffer, ended: boolean) =>
        decodeOne(buffer) ?? (ended ? `rest ${buffer.take(buffer.length)}` : undefined),
    };
    expect(() => verifyDecoder(lenient, PAIRS)).toThrow(
      'with the end of the stream at byte 1 (1 of the 2 bytes of frame 0): there is a frame 0, hex`72 65 73 74 20 01`',
    );
  });

  it('names the cut and the seed in its error', () => {
    const bytes = `\x0c${'x'.repeat(12)}`;
    const fragile = {
      decode(buffer: ByteBuffer) {
        // Correct at once, byte by byte and in two, wrong when the third chunk brings the missing byte.
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

  it('finds an encoder whose bytes are wrong or decode to another value', () => {
    const upper = (frame: string) => Buffer.from(String.fromCharCode(frame.length) + frame.toUpperCase(), 'latin1');
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode: upper })).toThrow(
      'encoding frame 0: there is hex`01 41`, and there should be hex`01 61`, from byte 1 on',
    );
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { encode: upper, manyForms: true })).toThrow(
      'decoding what frame 0 is encoded to',
    );
  });

  it('finds a decoder that keeps a partial frame to itself', () => {
    let parts: Buffer[] = [];
    const hoarding = {
      decode(buffer: ByteBuffer) {
        if (buffer.length === 0) return undefined;
        parts.push(buffer.take(1));
        const all = Buffer.concat(parts);
        if (all.length <= all[0]!) return undefined;
        parts = [];
        return all.toString('latin1', 1);
      },
    };
    expect(() => verifyDecoder(hoarding, PAIRS)).toThrow(
      /with the end of the stream at byte 1 \(1 of the 2 bytes of frame 0\)/,
    );
  });

  it('finds a decoder that throws at a partial frame, and has that error as the cause', () => {
    const hasty = {
      decode: (buffer: ByteBuffer) => {
        const length = size(buffer);
        return length === undefined ? undefined : buffer.take(length + 1).toString('latin1', 1);
      },
    };
    const error = thrownBy(() => verifyDecoder(hasty, PAIRS)) as Error;
    expect(error.message).toMatch(
      'byte by byte, after byte 1 (1 of the 2 bytes of frame 0): there is the error RangeError',
    );
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  it('finds a decoder that overwrites its input', () => {
    const unmasking = {
      decode(buffer: ByteBuffer) {
        const length = size(buffer);
        if (length === undefined || buffer.length <= length) return undefined;
        const frame = buffer.take(length + 1);
        for (let i = 1; i < frame.length; i++) frame[i]! ^= 1;
        return frame.toString('latin1', 1);
      },
    };
    expect(() =>
      verifyDecoder(unmasking, [
        ['\x00', ''],
        ['\x02ab', '`c'],
      ]),
    ).toThrow('all at once: it has changed byte 2 (1 of the 3 bytes of frame 1) of what arrived, from 97 to 96');
  });

  it('finds a decoder that returns the same memory for every frame', () => {
    const shared = Buffer.alloc(3);
    const reusing = {
      decode(buffer: ByteBuffer) {
        if (buffer.length < 3) return undefined;
        buffer.take(3).copy(shared);
        return shared;
      },
    };
    const pairs = ['abc', 'def'].map((text) => [text, Buffer.from(text)] as const);
    expect(() => verifyDecoder(reusing, pairs)).toThrow(
      "all at once, at the end: there is 'def' in frame 0, which was right when it was emitted and has changed since, and there should be 'abc'",
    );
    const late = {
      decode(buffer: ByteBuffer) {
        if (buffer.length < 3) return undefined;
        return { bytes: Buffer.from(buffer.take(3)).copy(shared) && shared };
      },
    };
    const one = pairs.map(([text, bytes]) => [text, { bytes }] as const);
    expect(() => verifyDecoder(late, one.slice(0, 1))).not.toThrow();
    expect(() => verifyDecoder(late, one)).toThrow(
      "there is { bytes: 'def' } in frame 0, which was right when it was emitted",
    );
  });

  it('finds a decoder that uses the state of one reader for another', () => {
    let kept: ByteBuffer | undefined;
    const clinging = {
      decode(buffer: ByteBuffer) {
        kept ??= buffer;
        return decodeOne(kept);
      },
    };
    expect(() => verifyDecoder(clinging, PAIRS)).toThrow('byte by byte, after byte 2: there is no frame 0');
  });

  it('finds a decoder that is off by one at a chunk border', () => {
    // A search for two bytes that continues after the searched bytes, instead of one byte before their end.
    const searching = () => {
      let seen = 0;
      return {
        decode(buffer: ByteBuffer) {
          const at = buffer.peek(buffer.length).indexOf('\r\n', seen);
          seen = at < 0 ? buffer.length : 0;
          return at < 0 ? undefined : buffer.take(at + 2).toString('latin1', 0, at);
        },
      };
    };
    const pairs = [
      ['ab\r\n', 'ab'],
      ['c\r\n', 'c'],
    ] as const;
    expect(() => verifyDecoder(searching(), pairs)).toThrow(
      "Cannot verify the decoder, byte by byte, after byte 4: there is no frame 0, and there should be 'ab'",
    );
    // With one byte in common it is correct there, and wrong for a new reader: it keeps its old position.
    const kept = { seen: 0 };
    const careful = {
      decode(buffer: ByteBuffer) {
        const at = buffer.peek(buffer.length).indexOf('\r\n', Math.max(0, kept.seen - 1));
        kept.seen = at < 0 ? buffer.length : 0;
        return at < 0 ? undefined : buffer.take(at + 2).toString('latin1', 0, at);
      },
    };
    const uneven = [
      ['a\r\n', 'a'],
      ['bcdefg\r\n', 'bcdefg'],
    ] as const;
    expect(() => verifyDecoder(careful, uneven)).toThrow(
      /with the end of the stream at byte \d+ \(\d of the 8 bytes of frame 1\): there is no frame 0, and there should be 'a'/,
    );
  });

  describe('with an operator', () => {
    const UTF8 = [
      ['größe\n', 'größe'],
      ['€\n', '€'],
    ] as const;

    it('accepts a correct one', () => {
      const options = { atEnd: (rest: Buffer) => ({ frames: [rest.toString()] }) };
      expect(() => verifyDecoder(lines(), UTF8, options)).not.toThrow();
    });

    it('finds one that cuts characters', () => {
      const careless = (source: Observable<Uint8Array>) =>
        source.pipe(
          map((chunk) => Buffer.from(chunk).toString()),
          scan(({ rest }, text) => split(rest + text), { rest: '', whole: [] as string[] }),
          mergeMap(({ whole }) => whole),
        );
      const atEnd = () => ({ frames: [] });
      expect(() => verifyDecoder(careless, UTF8, { atEnd, forgets: true })).toThrow(
        "byte by byte, after byte 8: there is frame 0, 'gr\ufffd\ufffd\ufffd\ufffde', and there should be 'größe'",
      );
    });

    it('finds one that loses its buffer when it is unsubscribed, unless this is declared', () => {
      const own = (source: Observable<Uint8Array>) =>
        source.pipe(
          scan(({ rest }, chunk) => split(rest + Buffer.from(chunk).toString('latin1')), {
            rest: '',
            whole: [] as string[],
          }),
          mergeMap(({ whole }) => whole),
        );
      const pairs = [
        ['ab\n', 'ab'],
        ['\n', ''],
      ] as const;
      const atEnd = () => ({ frames: [] });
      expect(() => verifyDecoder(own, pairs, { atEnd })).toThrow(
        'cancelled at byte 1 (1 of the 3 bytes of frame 0): there is 0 bytes unread, and there should be 1',
      );
      expect(() => verifyDecoder(own, pairs, { atEnd, forgets: true })).not.toThrow();
    });
  });

  it('throws for invalid options', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { seed: -1 })).toThrow(RangeError);
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { cuts: 0 })).toThrow(RangeError);
    expect(() => verifyDecoder({} as never, PAIRS)).toThrow(TypeError);
    expect(() => verifyDecoder({ decode: decodeOne }, 'pairs' as never)).toThrow(TypeError);
  });

  it('throws for an empty list of frames', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, [])).toThrow(
      new RangeError('Cannot verify the decoder: there is no frame to decode'),
    );
    expect(() => verifyDecoder({ decode: decodeOne }, [['', '']])).toThrow(RangeError);
  });
});

function split(text: string): { rest: string; whole: string[] } {
  const whole = text.split('\n');
  return { rest: whole.pop()!, whole };
}
