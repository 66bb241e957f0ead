import type { ByteBuffer } from '../../bytes/ByteBuffer';
import { InvalidFrameError, LimitOverrunError } from '../../errors';
import { ipAddress } from './ipAddress';
import type { ProxyEndpoint, ProxyHeader } from './ProxyHeader';

/** The longest line, its ending included: two IPv6 addresses in full, as the protocol counts them. */
const MAX_LENGTH = 107;
const WIDTHS: ReadonlyMap<unknown, number> = /* @__PURE__ */ new Map([
  ['TCP4', 4],
  ['TCP6', 16],
]);

/**
 * Version 1 of the PROXY protocol, a line of text:
 *
 *     PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n
 *     PROXY UNKNOWN what follows is ignored\r\n
 */
export const textHeader = {
  /** Takes one header off the front; the buffer begins with its signature. */
  decode(buffer: ByteBuffer): ProxyHeader | undefined {
    const head = buffer.peek(MAX_LENGTH);
    const end = head.indexOf('\r\n');
    if (end < 0) {
      if (head.length === MAX_LENGTH) throw new LimitOverrunError(MAX_LENGTH, MAX_LENGTH);
      return undefined;
    }
    const header = parse(head.toString('latin1', 0, end));
    buffer.skip(end + 2);
    return header;
  },

  /** @throws `TypeError` for what a line of text can't say. */
  encode({ local, source, destination, datagram, tlvs }: ProxyHeader): Buffer {
    if (local || datagram || Object.values(tlvs).some((value) => value !== undefined)) {
      throw new TypeError('Cannot encode a PROXY header of version 1 with more than addresses: version 2 can');
    }
    if (source === undefined || destination === undefined) return Buffer.from('PROXY UNKNOWN\r\n');
    const [from, to] = [ipAddress.parse(source.address), ipAddress.parse(destination.address)];
    const ported = [source, destination].every(({ port }) => toPort(`${port}`) !== undefined);
    if (from === undefined || to === undefined || from.length !== to.length || !ported) {
      throw new TypeError(
        'Cannot encode a PROXY header of version 1: both ends must be IPv4, or both IPv6, with ports',
      );
    }
    const addresses = `${ipAddress.show(from)} ${ipAddress.show(to)}`;
    return Buffer.from(`PROXY TCP${from.length === 4 ? 4 : 6} ${addresses} ${source.port} ${destination.port}\r\n`);
  },
};

function parse(line: string): ProxyHeader {
  const [, family, ...fields] = line.split(' ');
  const header: ProxyHeader = { version: 1, local: false, tlvs: {} };
  if (family === 'UNKNOWN') return header;
  const width = WIDTHS.get(family);
  if (width === undefined) throw new InvalidFrameError('the family is not TCP4, TCP6 or UNKNOWN', 6);
  let at = 11;
  const field = <T>(read: (text: string) => T | undefined, what: string): T => {
    const text = fields.shift();
    const value = text === undefined ? undefined : read(text);
    if (value === undefined) throw new InvalidFrameError(`the ${what} is wrong`, Math.min(at, line.length));
    at += (text as string).length + 1;
    return value;
  };
  const address = (text: string) => {
    const bytes = ipAddress.parse(text);
    return bytes?.length === width ? ipAddress.show(bytes) : undefined;
  };
  const from = field(address, 'source address');
  const to = field(address, 'destination address');
  const source: ProxyEndpoint = { address: from, port: field(toPort, 'source port') };
  const destination: ProxyEndpoint = { address: to, port: field(toPort, 'destination port') };
  if (fields.length > 0) throw new InvalidFrameError('more follows the ports', at - 1);
  return { ...header, source, destination };
}

function toPort(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined;
}
