// Proves which addresses count as one client.
import { addressKey } from '../../src/net/addressKey';

describe('addressKey', () => {
  it.each([
    ['an IPv4 address is itself', '192.0.2.1', '192.0.2.1'],
    ['an IPv4 address in IPv6 form is the IPv4 address', '::ffff:192.0.2.1', '192.0.2.1'],
    ['the case does not matter', '::FFFF:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address is its network', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['zeros may be left out behind the network', '2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['and inside of it', '2001:db8::1', '2001:db8:0:0::/64'],
    ['and at its end', '2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['leading zeros do not matter', '2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['the loopback', '::1', '0:0:0:0::/64'],
    ['any address', '::', '0:0:0:0::/64'],
    ['a zone is not part of it', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['an IPv4 address at the end takes two groups', '64:ff9b:1:2:3::192.0.2.1', '64:ff9b:1:2::/64'],
    ['the same behind zeros', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('%s: %s', (_, address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
