// Proves that a header is told from other bytes as soon as they differ.
import { proxySignature } from '../../../src/codecs/proxy/proxySignature';

describe('proxySignature', () => {
  it.each([
    ['PROXY TCP4', { version: 1 }],
    ['PROXY ', { version: 1 }],
    ['PROXY', undefined],
    ['', undefined],
    ['\r\n\r\n\0\r\nQUIT\n!', { version: 2 }],
    ['\r\n\r\n\0\r\nQUIT', undefined],
    ['\r\n', undefined],
    ['PROXIES', { fitting: 4 }],
    ['proxy ', { fitting: 0 }],
    ['\r\n\r\nQUIT', { fitting: 4 }],
    ['\x16\x03\x01', { fitting: 0 }],
  ])('finds in %j %j', (text, found) => expect(proxySignature.find(Buffer.from(text, 'latin1'))).toEqual(found));
});
