// Proves that a codec on a codec turns frames into values and back, in any cut, that its errors say whose fault it is, and
// its types.
import { map } from 'rxjs';
import { verifyDecoder } from 'rxjs-tcp/testing';
import {
  type Codec,
  connectionPair,
  decode,
  delimited,
  fixedSize,
  framed,
  InvalidFrameError,
  lengthPrefixed,
  mapped,
  StreamReader,
} from '../../src';
import { bytes, cutsOf } from '../support/cuts';
import { record } from '../support/record';
import { thrownBy } from '../support/thrownBy';

interface Message {
  readonly id: number;
}

const json = mapped<Message>(lengthPrefixed({ bytes: 2 }), { decode: JSON.parse, encode: JSON.stringify });

describe('mapped', () => {
  it('makes values of frames, and frames of values', () => {
    verifyDecoder(json, [
      ['\x00\x08{"id":1}', { id: 1 }],
      ['\x00\x09{"id":22}', { id: 22 }],
      ['\x00\x11{"id":3,"t":"é"}', { id: 3, t: 'é' } as Message],
    ]);
  });

  it.each<[string, Codec<string>]>([
    ['lengthPrefixed', mapped(lengthPrefixed({ bytes: 1 }), { decode: String, encode: (text: string) => text })],
    ['delimited', mapped(delimited('\0'), { decode: String, encode: (text: string) => text })],
  ])('works on %s', (_, codec) => {
    verifyDecoder(
      codec,
      ['one', '', 'drei é'].map((text) => [codec.encode(text), text]),
    );
  });

  it('works on another mapping', () => {
    const texts = mapped(fixedSize(2), { decode: String, encode: (text: string) => text });
    const numbers = mapped(texts, { decode: Number, encode: (n: number) => String(n).padStart(2, '0') });
    verifyDecoder(numbers, [
      ['07', 7],
      ['42', 42],
    ]);
  });

  it('turns an exception of decode into an InvalidFrameError with its cause, and the next read goes on after the frame', () => {
    for (const cut of cutsOf(bytes('\x00\x08{"id":1}\x00\x01{\x00\x08{"id":3}'))) {
      const reader = StreamReader.from(cut);
      const { seen, error } = record(
        reader.pipe(
          decode(json),
          map(({ id }) => `${id}`),
        ),
      );
      expect(seen).toEqual(['1', '# InvalidFrameError']);
      expect((error as Error).message).toMatch(/^Cannot decode the frame: the mapping refused it with SyntaxError/);
      expect(error).toMatchObject({ offset: 0, cause: expect.any(SyntaxError) });
      expect(
        record(
          reader.pipe(
            decode(json),
            map(({ id }) => `${id}`),
          ),
        ).seen,
      ).toEqual(['3', '|']);
    }
  });

  it('passes an InvalidFrameError of decode as it is', () => {
    const invalid = new InvalidFrameError('it is odd', 1);
    const refusing = mapped(fixedSize(2), {
      decode: (): never => {
        throw invalid;
      },
      encode: () => 'ab',
    });
    expect(record(StreamReader.from([bytes('ab')]).pipe(decode(refusing), map(String))).error).toBe(invalid);
  });

  it('emits nothing for a value of undefined', () => {
    const even = mapped(fixedSize(1), {
      decode: (frame) => (frame.readUInt8() % 2 === 0 ? frame.readUInt8() : undefined),
      encode: (n: number) => Buffer.of(n),
    });
    expect(
      record(StreamReader.from([Buffer.of(1, 2, 3), Buffer.of(4, 5)]).pipe(decode(even), map(String))).seen,
    ).toEqual(['2', '4', '|']);
  });

  it('encodes with the errors of the mapping and of the codec', () => {
    expect(() => json.encode(undefined as never)).toThrow(
      new TypeError('Cannot encode a value of type undefined: it has no frame'),
    );
    expect(() => json.encode(1n as never)).toThrow(TypeError);
    const short = mapped(lengthPrefixed({ bytes: 1 }), { decode: String, encode: (text: string) => text });
    expect(thrownBy(() => short.encode('x'.repeat(256)))).toBeInstanceOf(RangeError);
    const wrong = mapped(lengthPrefixed({ bytes: 1 }), { decode: String, encode: () => 5 as never });
    expect(() => wrong.encode('')).toThrow('Cannot encode a value of type number: it must be a string or a Uint8Array');
  });

  it('frames a connection', async () => {
    const [client, server] = connectionPair();
    const seen: number[] = [];
    const read = framed(server, json).subscribe(({ id }) => seen.push(id));
    await framed(client, json).send({ id: 7 });
    await client.writer.flush();
    read.unsubscribe();
    expect(seen).toEqual([7]);
    client.destroy();
    server.destroy();
  });

  it('has the types of the mapping', () => {
    const codec = lengthPrefixed({ bytes: 1 });
    const unknowns: Codec<unknown> = mapped(codec, { decode: JSON.parse, encode: JSON.stringify });
    const both: Codec<number, string> = mapped<number, string>(codec, { decode: JSON.parse, encode: JSON.stringify });
    const inferred: Codec<boolean, 0 | 1> = mapped(codec, {
      decode: (frame) => frame[0] === 1,
      encode: (bit: 0 | 1) => Buffer.of(bit),
    });
    // @ts-expect-error: the frames are Buffers, and only JSON.parse makes text of them by itself.
    mapped(codec, { decode: (text: string) => text.split(','), encode: (list: string[]) => list.join() });
    // @ts-expect-error: the codec takes bytes or strings.
    mapped(codec, { decode: String, encode: (text: string) => text.length });
    expect([unknowns, both, inferred].every((one) => typeof one.decode === 'function')).toBe(true);
  });

  it('throws at the call for an invalid codec or mapping', () => {
    const mapping = { decode: String, encode: String };
    expect(() => mapped(undefined as never, mapping)).toThrow(
      'Cannot map frames: the codec must have decode and encode',
    );
    expect(() => mapped(fixedSize(1), { decode: String } as never)).toThrow('the mapping must have decode and encode');
    const generator = { *decode() {}, encode: () => Buffer.of() };
    expect(() => mapped(generator as never, mapping)).toThrow('Cannot map the frames of a generator function');
  });
});
