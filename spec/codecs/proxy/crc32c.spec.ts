// Proves the checksum by the examples of RFC 3720, B.4.
import { crc32c } from '../../../src/codecs/proxy/crc32c';

describe('crc32c', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 0],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 bytes upwards', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['text', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, sum) => expect(crc32c(bytes)).toBe(sum));
});
