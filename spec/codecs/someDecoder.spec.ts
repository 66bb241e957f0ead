// Proves that chunks come out as they went in, cut to a size and never joined, without a copy.
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { someDecoder } from '../../src/codecs/readDecoders';
import { bytes } from '../support/cuts';
import { decodeAll } from '../support/decodeAll';

describe('someDecoder', () => {
  it.each([
    [undefined, ['abcde', '', 'fg'], ['abcde', 'fg']],
    [2, ['abcde', '', 'fg', 'h'], ['ab', 'cd', 'e', 'fg', 'h']],
    [9, ['abcde', 'fg'], ['abcde', 'fg']],
  ])('gives chunks of at most %p bytes', (max, chunks, frames) => {
    expect(
      decodeAll(
        someDecoder(max),
        chunks.map((chunk) => bytes(chunk)),
      ),
    ).toEqual({ frames, errors: [], rest: '' });
  });

  it('does not join what has piled up, nor copy it', () => {
    const buffer = new ByteBuffer();
    const chunks = [bytes('ab'), bytes('cd')];
    for (const chunk of chunks) buffer.append(chunk);
    for (const chunk of chunks) expect(someDecoder().decode(buffer, false)?.buffer).toBe(chunk.buffer);
    expect(someDecoder().decode(buffer, false)).toBeUndefined();
    expect(someDecoder().decode(buffer, true)).toBeUndefined();
  });
});
