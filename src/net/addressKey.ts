/**
 * What connections of one client have in common, for limits by address: the IPv4 address, or the network (/64) of an IPv6 address.
 *
 * A client with one IPv6 address usually has all 2^64 of its network. An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) is
 * an IPv4 address: a server on `::` sees them so.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const lower = address.toLowerCase();
  if (lower.startsWith(MAPPED) && lower.includes('.')) return lower.slice(MAPPED.length);
  const [groups = ''] = lower.split('%');
  const [front = '', back] = groups.split('::');
  const first = front === '' ? [] : front.split(':');
  if (back !== undefined) {
    const last = back === '' ? [] : back.split(':');
    // An IPv4 address at the end takes the place of two groups.
    const groupsOfLast = last.length + (back.includes('.') ? 1 : 0);
    first.push(...Array.from({ length: 8 - first.length - groupsOfLast }, () => '0'), ...last);
  }
  const network = first.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

const MAPPED = '::ffff:';
