// Proves each option by its bytes, that impossible lengths are refused as soon as they have arrived, and that frames
// come out of any cut. The numbers themselves are in lengthField.spec.ts.
import * as fc from 'fast-check';
import { type FramePair, hex, verifyDecoder } from 'rxjs-tcp/testing';
import {
  ByteBuffer,
  InvalidFrameError,
  type LengthPrefixedOptions,
  LimitOverrunError,
  lengthPrefixed,
} from '../../src';
import { thrownBy } from '../support/thrownBy';

describe('lengthPrefixed', () => {
  // Options, and pictures: the bytes of a frame and the payload in them.
  const pictures: [LengthPrefixedOptions, [bytes: string, payload: string][]][] = [
    [
      { bytes: 1 },
      [
        ['02 6869', '6869'],
        ['00', ''],
        ['01 00', '00'],
      ],
    ],
    [
      { bytes: 2 },
      [
        ['0002 6869', '6869'],
        ['0000', ''],
      ],
    ],
    [
      { bytes: 3 },
      [
        ['000002 6869', '6869'],
        ['000000', ''],
      ],
    ],
    [
      { bytes: 4 },
      [
        ['00000002 6869', '6869'],
        ['00000000', ''],
        ['00000001 ff', 'ff'],
      ],
    ],
    [
      { bytes: 8 },
      [
        ['0000000000000002 6869', '6869'],
        ['0000000000000000', ''],
      ],
    ],
    [{ bytes: 2, endian: 'little' }, [['0200 6869', '6869']]],
    [{ bytes: 3, endian: 'little' }, [['020000 6869', '6869']]],
    [
      { bytes: 4, endian: 'little' },
      [
        ['02000000 6869', '6869'],
        ['00000000', ''],
      ],
    ],
    [{ bytes: 8, endian: 'little' }, [['0200000000000000 6869', '6869']]],
    [
      { bytes: 'varint' },
      [
        ['02 6869', '6869'],
        ['00', ''],
        [`8101 ${'61'.repeat(129)}`, '61'.repeat(129)],
      ],
    ],
    [
      { bytes: 4, includesPrefix: true },
      [
        ['00000006 6869', '6869'],
        ['00000004', ''],
      ],
    ],
    [
      { bytes: 1, includesPrefix: true },
      [
        ['03 6869', '6869'],
        ['01', ''],
      ],
    ],
    // The length counts three bytes fewer than follow it: without a checksum, for example.
    [
      { bytes: 2, adjustment: 3 },
      [
        ['0002 6869 c1c2c3', '6869c1c2c3'],
        ['0000 c1c2c3', 'c1c2c3'],
      ],
    ],
    // The length counts three bytes more than follow it.
    [
      { bytes: 2, adjustment: -3 },
      [
        ['0005 6869', '6869'],
        ['0003', ''],
      ],
    ],
    [{ bytes: 2, includesPrefix: true, adjustment: 1 }, [['0003 6869', '6869']]],
    [
      { bytes: 2, strip: false },
      [
        ['0002 6869', '00026869'],
        ['0000', '0000'],
      ],
    ],
    [
      { bytes: 2, offset: 1, strip: false },
      [
        ['aa 0002 6869', 'aa00026869'],
        ['bb 0000', 'bb0000'],
      ],
    ],
    [{ bytes: 2, offset: 1, strip: false, includesPrefix: true }, [['aa 0005 6869', 'aa00056869']]],
    // MQTT's fixed header: a byte of flags, then a varint; TLS's record: type, version, length.
    [
      { bytes: 'varint', offset: 1, strip: false },
      [
        ['30 05 0001 74 6869', '3005000174 6869'],
        ['c000', 'c000'],
      ],
    ],
    [{ bytes: 2, offset: 3, strip: false }, [['16 0303 0002 0100', '160303 0002 0100']]],
    // Between the length and the counted bytes is a byte that it does not count.
    [{ bytes: 1, offset: 1, adjustment: 1, strip: false }, [['aa 02 ff 6869', 'aa02ff6869']]],
  ];
  it.each(pictures)('encodes and decodes with %j', (options, frames) => {
    const pairs = frames.map(([bytes, payload]): FramePair<Buffer> => [hex`${bytes}`, hex`${payload}`]);
    verifyDecoder(lengthPrefixed(options), pairs);
    for (const [bytes, payload] of pairs) {
      expect(lengthPrefixed(options).encode(payload as Buffer)).toEqual(bytes);
    }
  });

  it('decodes the payloads that it encoded, for any options, payloads and cuts', () => {
    const options = fc.record({
      bytes: fc.constantFrom<LengthPrefixedOptions['bytes']>(1, 2, 3, 4, 8, 'varint'),
      endian: fc.constantFrom<'big' | 'little'>('big', 'little'),
      includesPrefix: fc.boolean(),
      adjustment: fc.integer({ min: -20, max: 0 }),
    });
    const payloads = fc.array(fc.uint8Array({ maxLength: 150 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(options, payloads, (chosen, list) => {
        const codec = lengthPrefixed({ ...chosen, includesPrefix: chosen.includesPrefix && chosen.bytes !== 'varint' });
        const pairs = list.map((payload): FramePair<Buffer> => [codec.encode(payload), Buffer.from(payload)]);
        verifyDecoder(codec, pairs, { cuts: 3 });
      }),
      { seed: 4, numRuns: 25 },
    );
  });

  it('accepts frames of up to maxLength bytes, over many chunks', () => {
    const payload = Buffer.alloc(300_000, 'x');
    const codec = lengthPrefixed({ bytes: 4, maxLength: payload.length });
    verifyDecoderInChunks(Buffer.from(codec.encode(payload)), codec, payload);
    expect(() => codec.encode(Buffer.alloc(payload.length + 1))).toThrow(new LimitOverrunError(300_000, 300_001));
  });

  describe('decoding an invalid length', () => {
    // Options, the bytes that have arrived, and the error: with the last of them, and before any of the payload.
    const table: [LengthPrefixedOptions, string, Error][] = [
      [{ bytes: 4 }, 'ffffffff', new LimitOverrunError(16 * 1024 * 1024, 4 + 0xffffffff)],
      [{ bytes: 4 }, '01000001', new LimitOverrunError(16 * 1024 * 1024, 4 + 0x01000001)],
      [{ bytes: 8 }, '0000000100000000', new LimitOverrunError(16 * 1024 * 1024, 8 + 2 ** 32)],
      [{ bytes: 8 }, 'ffffffffffffffff', new LimitOverrunError(16 * 1024 * 1024, 8 + 2 ** 64)],
      [{ bytes: 8, endian: 'little' }, '0000000000000080', new LimitOverrunError(16 * 1024 * 1024, 8 + 2 ** 63)],
      [{ bytes: 2, maxLength: 9 }, '000a', new LimitOverrunError(9, 12)],
      [{ bytes: 2, maxLength: 0 }, '0001', new LimitOverrunError(0, 3)],
      [{ bytes: 2, maxLength: 9, adjustment: 1 }, '0009', new LimitOverrunError(9, 12)],
      [{ bytes: 2, maxLength: 9, offset: 3, strip: false }, 'aaaaaa000a', new LimitOverrunError(9, 15)],
      [{ bytes: 'varint', maxLength: 200 }, 'c901', new LimitOverrunError(200, 203)],
      [
        { bytes: 4, includesPrefix: true },
        '00000003',
        new InvalidFrameError('a length of 3 leaves -1 bytes for the payload', 0),
      ],
      [
        { bytes: 2, offset: 1, strip: false, includesPrefix: true },
        'aa0002',
        new InvalidFrameError('a length of 2 leaves -1 bytes for the payload', 1),
      ],
      [{ bytes: 1, adjustment: -5 }, '04', new InvalidFrameError('a length of 4 leaves -1 bytes for the payload', 0)],
      // A varint of a negative number has ten bytes; it is refused before the ninth.
      [{ bytes: 'varint' }, 'ffffffffffffffff', new InvalidFrameError('the varint is longer than 8 bytes', 8)],
      [{ bytes: 'varint' }, '8000', new InvalidFrameError('the varint has more bytes than it needs', 1)],
      [{ bytes: 'varint' }, '828000', new InvalidFrameError('the varint has more bytes than it needs', 2)],
      [{ bytes: 'varint' }, 'ffffffffffffff7f', new LimitOverrunError(16 * 1024 * 1024, 8 + 2 ** 56)],
    ];
    it.each(table)('errors: %j: %s', (options, bytes, error) => {
      const { decode } = lengthPrefixed(options);
      const buffer = new ByteBuffer();
      const all = hex`${bytes}`;
      for (let i = 0; i < all.length; i++) {
        expect(decode(buffer, false)).toBeUndefined();
        buffer.append(all.subarray(i, i + 1));
      }
      for (let again = 0; again < 2; again++) expect(thrownBy(() => decode(buffer, false))).toEqual(error);
      expect(thrownBy(() => decode(buffer, false))).toMatchObject({ ...error });
      expect(buffer.length).toBe(all.length);
    });

    it('says where the next frame starts', () => {
      const codec = lengthPrefixed({ bytes: 2, maxLength: 3 });
      const buffer = new ByteBuffer();
      buffer.append(hex`0005 6162636465 0001 66`);
      const { consumed } = thrownBy(() => codec.decode(buffer, false)) as LimitOverrunError;
      buffer.skip(consumed);
      expect(`${codec.decode(buffer, false)}`).toBe('f');
    });
  });

  describe('encode() throws', () => {
    const table: [LengthPrefixedOptions, Uint8Array, Error][] = [
      [
        { bytes: 1 },
        Buffer.alloc(256),
        new RangeError('Cannot encode a payload of 256 bytes: its length field would be 256'),
      ],
      [
        { bytes: 1, includesPrefix: true },
        Buffer.alloc(255),
        new RangeError('Cannot encode a payload of 255 bytes: its length field would be 256'),
      ],
      [
        { bytes: 2, adjustment: 3 },
        hex`6869`,
        new RangeError('Cannot encode a payload of 2 bytes: its length field would be -1'),
      ],
      [{ bytes: 4, maxLength: 3 }, hex`61626364`, new LimitOverrunError(3, 4)],
      // Frames that bring a prefix: it is too short, cut off, wrong, or followed by more.
      ...['00', '0002 68', '0003 6869', '0001 6869', ''].map((frame): [LengthPrefixedOptions, Uint8Array, Error] => [
        { bytes: 2, strip: false },
        hex`${frame}`,
        new InvalidFrameError(`its length field does not say that it has ${hex`${frame}`.length} bytes`, 0, 'encode'),
      ]),
      [{ bytes: 2, strip: false, maxLength: 1 }, hex`0002 6869`, new LimitOverrunError(1, 4)],
    ];
    it.each(table)('with %j for %p', (options, payload, error) => {
      expect(thrownBy(() => lengthPrefixed(options).encode(payload))).toEqual(error);
    });
  });

  it.each([
    [{}, TypeError, 'a length of undefined bytes'],
    [{ bytes: 5 }, TypeError, 'a length of 5 bytes: it must have 1, 2, 3, 4 or 8'],
    [{ bytes: '4' }, TypeError, 'a length of 4 bytes'],
    [{ bytes: 4, endian: 'BE' }, TypeError, 'Cannot use BE as endian'],
    [{ bytes: 4, maxLength: -1 }, RangeError, 'Cannot use -1 as maxLength'],
    [{ bytes: 4, maxLength: Number.POSITIVE_INFINITY }, RangeError, 'Cannot use Infinity as maxLength'],
    [{ bytes: 4, maxLength: '9' }, TypeError, 'Cannot use 9 as maxLength'],
    [{ bytes: 4, adjustment: 0.5 }, RangeError, 'Cannot use 0.5 as adjustment'],
    [{ bytes: 4, offset: -1, strip: false }, RangeError, 'Cannot use -1 as offset'],
    [{ bytes: 4, offset: 2 }, RangeError, 'Cannot strip the 2 bytes before the length'],
    [{ bytes: 'varint', includesPrefix: true }, TypeError, 'Cannot count a varint in its own length'],
  ])('throws for the options %j', (options, type, message) => {
    expect(() => lengthPrefixed(options as LengthPrefixedOptions)).toThrow(type);
    expect(() => lengthPrefixed(options as LengthPrefixedOptions)).toThrow(message);
  });
});

function verifyDecoderInChunks(bytes: Buffer, codec: ReturnType<typeof lengthPrefixed>, payload: Buffer): void {
  for (const size of [1000, 65_536, bytes.length]) {
    const buffer = new ByteBuffer();
    for (let at = 0; at < bytes.length; at += size) {
      expect(codec.decode(buffer, false)).toBeUndefined();
      buffer.append(bytes.subarray(at, at + size));
    }
    expect(codec.decode(buffer, false)?.equals(payload)).toBe(true);
  }
}
