// Proves that each address has one text, the same that the system writes, and that nothing else is an address.

import { isIP, SocketAddress } from 'node:net';
import * as fc from 'fast-check';
import { ipAddress } from '../../../src/codecs/proxy/ipAddress';

describe('ipAddress', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('reads %s and writes %s', (text, written) => {
    expect(ipAddress.show(ipAddress.parse(text) as Buffer)).toBe(written);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    ' 1.2.3.4',
    '1.2.3.4\0',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    '/run/x',
    'example.org',
  ])('refuses %j', (text) => expect(ipAddress.parse(text)).toBeUndefined());

  it('agrees with Node about any bytes and any text', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // Many zeros.
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const text = ipAddress.show(some);
        expect(isIP(text)).toBe(some.length === 4 ? 4 : 6);
        expect(ipAddress.parse(text)).toEqual(Buffer.from(some));
        const { address } = new SocketAddress({ address: text, family: some.length === 4 ? 'ipv4' : 'ipv6' });
        expect(ipAddress.parse(address)).toEqual(Buffer.from(some));
      }),
      { seed: 5, numRuns: 500 },
    );
    const text = fc.array(fc.constantFrom(...'0123456789abF:.:.:'), { maxLength: 20 }).map((some) => some.join(''));
    fc.assert(
      fc.property(text, (some) => expect(ipAddress.parse(some) !== undefined).toBe(isIP(some) !== 0)),
      { seed: 6, numRuns: 5000 },
    );
  });
});
