// Proves that what has arrived comes out joined, up to a size.
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { upToDecoder } from '../../src/codecs/readDecoders';
import { bytes, cutsOf } from '../support/cuts';

describe('upToDecoder', () => {
  it('takes up to its size of what has piled up, for every way of cutting', () => {
    for (const cut of cutsOf(bytes('abcdefg'))) {
      const buffer = new ByteBuffer();
      for (const chunk of cut) buffer.append(chunk);
      const frames = [0, 1, 2].map(() => upToDecoder(3).decode(buffer, false));
      expect(frames.map(String)).toEqual(['abc', 'def', 'g']);
      expect(upToDecoder(3).decode(buffer, true)).toBeUndefined();
    }
  });
});
