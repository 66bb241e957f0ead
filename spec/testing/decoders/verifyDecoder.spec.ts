// Proves that `verifyDecoder` finds each kind of decoder bug, and where it is. A test that cannot fail proves nothing.

import { generate, map, mergeMap, NEVER, type Observable, scan, skip } from 'rxjs';
import {
  type ByteBuffer,
  type FrameReader,
  IncompleteReadError,
  InvalidFrameError,
  LimitOverrunError,
  lengthPrefixed,
  lines,
} from 'rxjs-tcp';
import { type FramePair, verifyDecoder } from 'rxjs-tcp/testing';
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
    expect(() => verifyDecoder(greedy, PAIRS)).toThrow('cut at [1], after byte 7: ');
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
    expect(() => verifyDecoder(counting, PAIRS)).toThrow(
      "all at once, by a second reader: there is frame 0, 'a!', and there should be 'a'\nThe decoder keeps something",
    );
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
      /^Cannot verify the decoder, two readers at once: one that reads all while another is at byte 1 \(1 of the 2 bytes of frame 0\): .*\nThe decoder keeps something that readers share: pass a function that makes one for each reader, \(\) => decoder$/,
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
      'cut at [1], after byte 1 (1 of the 2 bytes of frame 0): there is the error RangeError',
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
    expect(() => verifyDecoder(clinging, PAIRS)).toThrow(
      "Cannot verify the decoder, all at once, by a second reader: there is no frame 0, and there should be 'a'\nThe decoder keeps something",
    );
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
      "Cannot verify the decoder, cut at [3], after byte 7: there is frame 0, 'ab\\r\\nc', and there should be 'ab'",
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
      /two readers at once: one that reads all while another is at byte 6 .*\nThe decoder keeps something that readers share/,
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
        "cut at [3], after byte 12: there is frame 0, 'gr\ufffd\ufffdße', and there should be 'größe'\nThe same again: { cut: [3] }",
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

  it('accepts a decoder that keeps something, from a function that makes one for each reader', () => {
    const counting = () => {
      let frames = 0;
      return {
        decode(buffer: ByteBuffer) {
          const frame = decodeOne(buffer);
          return frame === undefined ? undefined : `${frame}${frames++}`;
        },
      };
    };
    const pairs = PAIRS.map(([bytes, frame], i) => [bytes, `${frame}${i}`] as const);
    expect(() => verifyDecoder(counting(), pairs)).toThrow(
      /pass a function that makes one for each reader, \(\) => decoder$/,
    );
    expect(() => verifyDecoder(() => ({ decode: decodeOne }), PAIRS)).not.toThrow();
    expect(() =>
      verifyDecoder(() => lines(), [['a\n', 'a']], { atEnd: (rest) => ({ frames: [`${rest}`] }) }),
    ).not.toThrow();
    const generator = () =>
      function* (read: FrameReader) {
        return (yield* read.exactly(yield* read.uint(1))).toString('latin1');
      };
    expect(() => verifyDecoder(generator, PAIRS)).not.toThrow();
  });

  describe('with values', () => {
    const payload = {
      decode: (buffer: ByteBuffer) => {
        const frame = decodeOne(buffer);
        return frame === undefined ? undefined : Buffer.from(frame, 'latin1');
      },
    };

    it('accepts text and matchers for bytes', () => {
      expect(() => verifyDecoder(payload, PAIRS)).not.toThrow();
      expect(() =>
        verifyDecoder(payload, [
          ['\x01a', expect.any(Buffer)],
          ['\x01b', 'b'],
        ]),
      ).not.toThrow();
      const encode = (frame: Buffer) => Buffer.concat([Buffer.of(frame.length), frame]);
      expect(() => verifyDecoder(payload, [['\x01a', expect.any(Buffer)]], { encode })).not.toThrow();
      const parsed = {
        decode: (buffer: ByteBuffer) => {
          const body = payload.decode(buffer);
          return body && { body, size: body.length };
        },
      };
      expect(() => verifyDecoder(parsed, [['\x01a', { body: 'a', size: expect.any(Number) }]])).not.toThrow();
      expect(() => verifyDecoder(parsed, [['\x01a', { body: 'b', size: expect.any(Number) }]])).toThrow(
        "there is frame 0, { body: 'a', size: 1 }, and there should be { body: 'b', size: Any",
      );
    });

    it('names the kinds of values that look the same', () => {
      expect(() => verifyDecoder({ decode: decodeOne }, [['\x01a', Buffer.from('a') as never]])).toThrow(
        "there is frame 0, 'a' (string), and there should be 'a' (Buffer)",
      );
    });

    it('finds what only symbols, missing keys or errors inside of an error tell apart', () => {
      const kind = Symbol('kind');
      const tagged = {
        decode: (buffer: ByteBuffer) => (buffer.length > 0 ? { text: `${buffer.take(1)}`, [kind]: 'data' } : undefined),
      };
      expect(() => verifyDecoder(tagged, [['a', { text: 'a', [kind]: 'data' }]])).not.toThrow();
      expect(() => verifyDecoder(tagged, [['a', { text: 'a', [kind]: 'ping' }]])).toThrow('there is frame 0');
      expect(() => verifyDecoder(tagged, [['a', { text: 'a' } as never]])).toThrow('there is frame 0');
    });
  });

  describe('with wrong bytes', () => {
    /** A length of at most 9, and then as many bytes. */
    const strict = {
      decode(buffer: ByteBuffer) {
        const length = size(buffer);
        if (length !== undefined && length > 9) throw new InvalidFrameError(`the length is ${length}`, 0);
        return decodeOne(buffer);
      },
    };

    it.each<[string, FramePair<string>[1]]>([
      ['a class', InvalidFrameError],
      ['a class above it', Error],
      ['a regular expression', /length is 16/],
      ['an error', new InvalidFrameError('the length is 16', 0)],
      ['a matcher', expect.objectContaining({ offset: 0 })],
    ])('accepts the right error, expected as %s', (_, error) => {
      expect(() =>
        verifyDecoder(strict, [...PAIRS, ['\x10', error], ['\x10abc', error], ['\x01z', 'z']]),
      ).not.toThrow();
      expect(() => verifyDecoder(strict, [['\x10', error]])).not.toThrow();
    });

    it('finds another error, and none', () => {
      expect(() => verifyDecoder(strict, [...PAIRS, ['\x10', RangeError]])).toThrow(
        'the wrong bytes of pair 3, all at once: there is the error InvalidFrameError: Cannot decode the frame: the length is 16 at byte 0, and there should be the error RangeError',
      );
      expect(() => verifyDecoder({ decode: decodeOne }, [...PAIRS, ['\x01a', InvalidFrameError]])).toThrow(
        "the wrong bytes of pair 3, all at once: there is a frame 0, 'a', and there should be none",
      );
      expect(() => verifyDecoder({ decode: decodeOne }, [...PAIRS, ['\x10', InvalidFrameError]])).toThrow(
        /the wrong bytes of pair 3, all at once: there is the error IncompleteReadError with .*, and there should be the error InvalidFrameError/,
      );
    });

    it('finds an error that depends on the cut', () => {
      const lazy = {
        decode(buffer: ByteBuffer) {
          if (buffer.length > 1 && size(buffer)! > 9) throw new InvalidFrameError('too long', 0);
          return decodeOne(buffer);
        },
      };
      expect(() => verifyDecoder(lazy, [['\x10a', InvalidFrameError]])).not.toThrow();
      const whole = {
        decode(buffer: ByteBuffer) {
          if (buffer.length === 3 && size(buffer)! > 9) throw new InvalidFrameError('too long', 0);
          if (size(buffer)! > 9) return buffer.take(1).toString();
          return decodeOne(buffer);
        },
      };
      expect(() => verifyDecoder(whole, [['\x10ab', InvalidFrameError]])).toThrow(
        'the wrong bytes of pair 0, byte by byte: there is a frame 0',
      );
    });

    it('verifies limits, and what only the end of the stream makes wrong', () => {
      const atEnd = (rest: Buffer) => ({ frames: [`${rest}`] });
      expect(() =>
        verifyDecoder(
          lines({ limit: 4 }),
          [
            ['abcd\n', 'abcd'],
            ['abcdef', LimitOverrunError],
          ],
          { atEnd },
        ),
      ).not.toThrow();
      expect(() =>
        verifyDecoder(
          lines({ limit: 7 }),
          [
            ['abcd\n', 'abcd'],
            ['abcdef', LimitOverrunError],
          ],
          { atEnd },
        ),
      ).toThrow("the wrong bytes of pair 1, all at once: there is a frame 0, 'abcdef', and there should be none");
      expect(() =>
        verifyDecoder(lengthPrefixed({ bytes: 1, maxLength: 5 }), [
          ['\x01a', 'a'],
          ['\x06', LimitOverrunError],
        ]),
      ).not.toThrow();
      expect(() => verifyDecoder(strict, [...PAIRS, ['\x03ab', IncompleteReadError]])).not.toThrow();
    });

    it('lets errors be frames, as those of Redis, and matchers that accept anything', () => {
      const replies = {
        decode: (buffer: ByteBuffer) => {
          const text = decodeOne(buffer);
          return text === undefined ? undefined : text.startsWith('-') ? new Error(text.slice(1)) : text;
        },
      };
      expect(() =>
        verifyDecoder(replies, [
          ['\x03-no', new Error('no')],
          ['\x01a', 'a'],
          ['\x01b', expect.anything()],
        ]),
      ).not.toThrow();
      expect(() => verifyDecoder(strict, [['\x10', expect.anything()]])).toThrow(
        'all at once, after byte 1: there is no frame 0',
      );
    });
  });

  it('finds a frame that is wrong at one border far behind a long frame, and how few pieces it takes', () => {
    const long = 'x'.repeat(40_000);
    const two = {
      decode: (buffer: ByteBuffer) => {
        if (buffer.length < 2) return undefined;
        const length = buffer.readUInt(0, 2);
        return buffer.length < length + 2 ? undefined : buffer.take(length + 2).toString('latin1', 2);
      },
    };
    const framed = (text: string) => `${String.fromCharCode(text.length >> 8, text.length & 255)}${text}`;
    const pairs = [long, 'ab', 'cde'].map((text) => [Buffer.from(framed(text), 'latin1'), text] as const);
    const began = process.cpuUsage();
    verifyDecoder(two, pairs);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(2);
    const hasty = {
      decode: (buffer: ByteBuffer) => {
        if (buffer.length === 1) throw new Error('one byte of a header');
        return two.decode(buffer);
      },
    };
    expect(() => verifyDecoder(hasty, pairs)).toThrow(
      /^Cannot verify the decoder, cut at \[1\], .*\nThe same again: \{ cut: \[1\] \}$/,
    );
    const last = {
      decode: (buffer: ByteBuffer) => {
        if (buffer.length === 4 && `${buffer.peek(4)}` === '\0\x03cd') throw new Error('the last byte is missing');
        return two.decode(buffer);
      },
    };
    expect(() => verifyDecoder(last, pairs)).toThrow(
      /cut at \[40010\], .*the last byte is missing.*\nThe same again: \{ cut: \[40010\] \}$/,
    );
    expect(() => verifyDecoder(last, pairs, { cut: [40_009] })).not.toThrow();
    expect(() => verifyDecoder(last, pairs, { cut: [40_010] })).toThrow('cut at [40010], after byte 40010');
  });

  it('reduces a cut that fails to the fewest pieces, and runs just that cut again', () => {
    const text = 'the quick brown fox jumps over the lazy dog';
    // Needs two cuts: one inside of `quick`, one inside of `lazy`.
    const make = () => {
      const seen = new Set<number>();
      return {
        decode(buffer: ByteBuffer) {
          if (buffer.length < text.length) seen.add(buffer.length);
          if (seen.has(6) && seen.has(38)) throw new Error('both');
          return buffer.length < text.length ? undefined : buffer.take(text.length).toString();
        },
      };
    };
    expect(() => verifyDecoder(make, [[text, text]])).toThrow(
      /^Cannot verify the decoder, cut at \[6, 38\], after byte 38 \(38 of the 43 bytes of frame 0\): .*\nThe same again: \{ cut: \[6, 38\] \}$/,
    );
    expect(() => verifyDecoder(make, [[text, text]], { cut: [6, 38] })).toThrow('cut at [6, 38]');
    expect(() => verifyDecoder(make, [[text, text]], { cut: [6] })).not.toThrow();
  });

  describe('with the cost of a decoder', () => {
    const naive = {
      decode: (buffer: ByteBuffer) => {
        const at = buffer.peek(buffer.length).indexOf('\n');
        return at < 0 ? undefined : buffer.take(at + 1).toString('latin1', 0, at);
      },
    };
    const line = (length: number) => [`${'x'.repeat(length)}\n`, 'x'.repeat(length)] as const;

    it('finds one that looks at all bytes again with each chunk', () => {
      expect(() => verifyDecoder(naive, [line(2000)])).toThrow(
        /^Cannot verify the decoder: it looks at \d+ bytes to decode 2001, which come in 2001 chunks; .* pass \{ cost: false \}$/,
      );
      expect(() => verifyDecoder(naive, [line(20_000)])).toThrow('bytes to decode 20001');
    });

    it('accepts it where this is declared, where frames are short, and one that searches in the buffer', () => {
      expect(() => verifyDecoder(naive, [line(2000)], { cost: false })).not.toThrow();
      expect(() => verifyDecoder(naive, [line(50), line(60)])).not.toThrow();
      const searching = {
        decode: (buffer: ByteBuffer) => {
          const at = buffer.indexOf('\n');
          return at < 0 ? undefined : buffer.take(at + 1).toString('latin1', 0, at);
        },
      };
      expect(() => verifyDecoder(searching, [line(20_000)])).not.toThrow();
    });

    it('accepts one that looks at a header of 14 bytes again and again', () => {
      const header = {
        decode: (buffer: ByteBuffer) => {
          const head = buffer.peek(14);
          if (head.length < 14) return undefined;
          const length = head.readUInt16BE(12);
          return buffer.length < 14 + length ? undefined : buffer.take(14 + length).length;
        },
      };
      for (const length of [100, 4000, 40_000]) {
        const bytes = Buffer.alloc(14 + length);
        bytes.writeUInt16BE(length, 12);
        expect(() => verifyDecoder(header, [[bytes, 14 + length]])).not.toThrow();
      }
    });
  });

  it('gives empty chunks to operators', () => {
    const careless = (source: Observable<Uint8Array>) =>
      source.pipe(
        map((chunk) => {
          if (chunk.length === 0) throw new Error('an empty chunk');
          return chunk;
        }),
        lines(),
      );
    const options = { atEnd: (rest: Buffer) => ({ frames: [`${rest}`] }), forgets: true };
    expect(() => verifyDecoder(careless, [['a\n', 'a']], options)).toThrow(
      'byte by byte with empty chunks between, from an Observable, after byte 0: there is the error Error: an empty chunk',
    );
  });

  it('asks of a decoder that forgets all that forgetting allows', () => {
    // Keeps its rest between two subscriptions: the next read begins with what another has left.
    const leaking = () => {
      let rest = '';
      return (source: Observable<Uint8Array>) =>
        source.pipe(
          mergeMap((chunk) => {
            const parts = split(rest + Buffer.from(chunk).toString('latin1'));
            rest = parts.rest;
            return parts.whole;
          }),
        );
    };
    const options = { atEnd: () => ({ frames: [] }), forgets: true };
    const pairs = [
      ['ab\n', 'ab'],
      ['\n', ''],
    ] as const;
    expect(() => verifyDecoder(leaking(), pairs, options)).toThrow('The decoder keeps something');
    expect(() => verifyDecoder(() => leaking()(NEVER) && leaking(), pairs, options)).not.toThrow();
    // Loses the frame behind one that it has given.
    let reads = 0;
    const tired = (source: Observable<Uint8Array>) => {
      reads++;
      const own = reads % 3 === 0 ? source.pipe(skip(1)) : source;
      return own.pipe(lines());
    };
    expect(() => verifyDecoder(tired, pairs, { atEnd: (rest) => ({ frames: [`${rest}`] }), forgets: true })).toThrow(
      'Cannot verify the decoder',
    );
  });

  it('finds a decoder that takes nothing, as a generator and as an operator without end', () => {
    function* message(read: FrameReader) {
      return (yield* read.exactly(yield* read.uint(1))).toString();
    }
    // A generator function where a decoder is expected: each call makes a generator, and reads nothing.
    expect(() => verifyDecoder({ decode: message } as never, [['\x01a', 'a']])).toThrow(
      'returned it but consumed no byte',
    );
    function* nothing(read: FrameReader) {
      yield* read.peek(1);
      return 'a';
    }
    expect(() => verifyDecoder(nothing, [['\x01a', 'a']])).toThrow('Cannot verify the decoder, all at once');
    const endless = (source: Observable<Uint8Array>) =>
      source.pipe(
        mergeMap(() =>
          generate(
            0,
            () => true,
            (i) => i + 1,
          ),
        ),
      );
    expect(() => verifyDecoder(endless, [['\x01a', 0]], { forgets: true })).toThrow(
      'there is a frame 1, 1, and there should be none',
    );
  });

  it('takes more cuts and another seed from the environment', () => {
    const before = { ...process.env };
    try {
      Object.assign(process.env, { RXJS_TCP_RUNS: '300', RXJS_TCP_SEED: '9' });
      const made = () => {
        let readers = 0;
        verifyDecoder(() => ({ decode: decodeOne, number: readers++ }), [['\x0cxxxxxxxxxxxx', 'xxxxxxxxxxxx']]);
        return readers;
      };
      const many = made();
      delete process.env.RXJS_TCP_RUNS;
      expect(many - made()).toBe(200);
      process.env.RXJS_TCP_RUNS = 'many';
      expect(made).toThrow(RangeError);
    } finally {
      process.env = before;
    }
  });

  it('throws for invalid options', () => {
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { seed: -1 })).toThrow(RangeError);
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { cuts: 0 })).toThrow(RangeError);
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { cut: [3, 2] })).toThrow(RangeError);
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { cut: [8] })).toThrow(RangeError);
    expect(() => verifyDecoder({ decode: decodeOne }, PAIRS, { cut: 3 as never })).toThrow(TypeError);
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
