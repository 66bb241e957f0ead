// Proves that a frame to encode is bytes or a string.
import { asBytes } from '../../src/bytes/asBytes';

describe('asBytes', () => {
  it('gives bytes back as they are, and encodes a string as UTF-8', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(asBytes(bytes)).toBe(bytes);
    expect(asBytes('é')).toEqual(Buffer.from('é'));
  });

  it.each([[undefined], [null], [5], [{}], [[1]]])('throws for %p', (value) => {
    expect(() => asBytes(value as never)).toThrow(`Cannot encode a value of type ${typeof value}`);
  });
});
