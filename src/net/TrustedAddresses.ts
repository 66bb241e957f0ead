import { BlockList, isIP } from 'node:net';
import { inspect } from 'node:util';

/** A set of addresses: single ones, subnets, and Unix sockets. */
export class TrustedAddresses {
  private readonly list = new BlockList();
  private readonly local: boolean;

  /**
   * @param from - `'192.0.2.1'`, `'10.0.0.0/8'`, `'::1'`, `'fd00::/8'`, or `'unix'` for every peer on a Unix socket.
   * @throws `TypeError` for anything else, and for an empty list.
   */
  constructor(from: readonly string[]) {
    if (!Array.isArray(from) || from.length === 0) {
      throw new TypeError(`Cannot use ${inspect(from)} as proxyProtocol.from: it must be a list of addresses`);
    }
    this.local = from.includes('unix');
    for (const entry of from) if (entry !== 'unix') this.add(entry);
  }

  /** @param address - `undefined` for a Unix socket. */
  has(address: string | undefined): boolean {
    if (address === undefined) return this.local;
    const [plain, family] = plainAddress(address);
    return this.list.check(plain, family);
  }

  private add(entry: string): void {
    const [, address = '', bits] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(String(entry)) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    if (typeof entry !== 'string' || version === 0 || Number(bits ?? 0) > most) {
      throw new TypeError(
        `Cannot use ${inspect(entry)} in proxyProtocol.from: it must be an IP address, a subnet as 10.0.0.0/8, or 'unix'`,
      );
    }
    const [plain, family] = plainAddress(address);
    if (bits === undefined) this.list.addAddress(plain, family);
    else if (family === 'ipv4' && version === 6 && Number(bits) >= 96)
      this.list.addSubnet(plain, Number(bits) - 96, family);
    else if (version === 4) this.list.addSubnet(plain, Number(bits), family);
    else this.list.addSubnet(address, Number(bits), 'ipv6');
  }
}

/**
 * The address as a `BlockList` needs it. A listener for both families shows IPv4 addresses as `::ffff:10.0.0.1`, and those of a
 * link have the name of the interface behind a `%`.
 */
function plainAddress(address: string): [plain: string, family: 'ipv4' | 'ipv6'] {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return [mapped, 'ipv4'];
  return isIP(address) === 4 ? [address, 'ipv4'] : [address.replace(/%.*$/, ''), 'ipv6'];
}
