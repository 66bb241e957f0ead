// Proves which addresses a list has: both families, IPv4 addresses in IPv6, Unix sockets.
import { TrustedAddresses } from '../../src/net/TrustedAddresses';

describe('TrustedAddresses', () => {
  it.each<[string, string[], (string | undefined)[]]>([
    ['127.0.0.1', ['127.0.0.1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'], ['127.0.0.2', '::1', '::7f00:1', undefined]],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.0', '9.255.255.255', '::10.1.2.3']],
    ['10.1.2.3/8', ['10.0.0.0'], ['11.0.0.0']],
    ['0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['::1', undefined]],
    ['192.0.2.1/32', ['192.0.2.1'], ['192.0.2.2']],
    ['::1', ['::1', '0:0:0:0:0:0:0:1'], ['::2', '127.0.0.1', '::ffff:0.0.0.1']],
    ['fd00::/8', ['fd00::1', 'fdff::1'], ['fc00::1', 'fe00::1', '10.0.0.1']],
    ['fe80::/10', ['fe80::1%eth0', 'fe80::1'], ['fd00::1']],
    ['::ffff:192.0.2.1', ['192.0.2.1', '::ffff:192.0.2.1'], ['192.0.2.2']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9', '::ffff:10.9.9.9'], ['11.0.0.1']],
    ['unix', [undefined as unknown as string], ['127.0.0.1', '::1']],
  ])('has for %s the right addresses', (entry, inside, outside) => {
    const list = new TrustedAddresses([entry, '203.0.113.9']);
    expect(inside.filter((address) => !list.has(address))).toEqual([]);
    expect(outside.filter((address) => list.has(address))).toEqual([]);
    expect(list.has('203.0.113.9')).toBe(true);
  });

  it.each([
    [undefined],
    ['10.0.0.1'],
    [[]],
    [['localhost']],
    [['10.0.0.0/33']],
    [['::/129']],
    [['10.0.0.0/']],
    [['10.0.0.0/-1']],
    [['10.0.0/8']],
    [['fe80::1%eth0']],
    [[undefined]],
    [[1]],
    [['']],
  ])('refuses %j', (from) => expect(() => new TrustedAddresses(from as string[])).toThrow(TypeError));
});
