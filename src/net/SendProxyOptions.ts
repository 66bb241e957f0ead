import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { ipAddress } from '../codecs/proxy/ipAddress';
import type { ProxyEndpoint, ProxyTlvs } from '../codecs/proxy/ProxyHeader';
import { proxyCodec } from '../codecs/proxy/proxyCodec';

/** The PROXY header that a connection begins with. */
export interface SendProxyOptions {
  /** 1 is a line of text, 2 is binary. Default 2. */
  readonly version?: 1 | 2 | undefined;
  /**
   * The client for which you connect. Default: your own end of this connection, and on a Unix socket a header that names nobody
   * (LOCAL, UNKNOWN).
   */
  readonly source?: ProxyEndpoint | undefined;
  /** Where the client has connected to. Default: the peer's end of this connection. */
  readonly destination?: ProxyEndpoint | undefined;
  /** More fields, of version 2 alone. */
  readonly tlvs?: ProxyTlvs | undefined;
}

/**
 * Throws for invalid options.
 *
 * @throws `TypeError` or `RangeError`; `LimitOverrunError` for a header of more than 536 bytes.
 */
export function assertSendProxyOptions(options: SendProxyOptions | undefined): void {
  if (options === undefined) return;
  const { version, source, destination } = (options ?? {}) as SendProxyOptions;
  if (typeof options !== 'object' || options === null || ![undefined, 1, 2].includes(version)) {
    throw new TypeError(`Cannot send a PROXY header with ${inspect(options)}: it must be options with version 1 or 2`);
  }
  for (const [name, end] of Object.entries({ source, destination })) if (end !== undefined) assertEndpoint(name, end);
  if (destination !== undefined && source === undefined) {
    throw new TypeError('Cannot send a PROXY header with a destination alone: give the source too');
  }
  // Fields that do not fit are found now, and not after the connect.
  const example = source ?? { address: '::', port: 0 };
  encodeSendProxyOptions(options, { source: example, destination: destination ?? example });
}

/**
 * The header of a connection.
 *
 * @param stream - The stream, connected: its ends are used where the options have none.
 * @throws `TypeError` if the header needs an address that the stream does not have, or the families of the ends differ.
 */
export function headerForSendProxyOptions(options: SendProxyOptions, stream: Duplex): Buffer {
  const { localAddress, localPort, remoteAddress, remotePort } = stream as Partial<Socket>;
  const own = toEndpoint(localAddress, localPort);
  const peer = toEndpoint(remoteAddress, remotePort);
  const { source = own, destination = source?.port === undefined ? UNNAMED : peer } = options;
  if (source !== undefined && destination === undefined) {
    throw new TypeError('Cannot send a PROXY header: the stream has no address, give the destination');
  }
  return encodeSendProxyOptions(options, { source, destination });
}

const UNNAMED: ProxyEndpoint = { address: '' };

function toEndpoint(address: string | undefined, port: number | undefined): ProxyEndpoint | undefined {
  return address === undefined ? undefined : { address: address.replace(/%.*$/, ''), port };
}

interface Ends {
  readonly source: ProxyEndpoint | undefined;
  readonly destination: ProxyEndpoint | undefined;
}

function encodeSendProxyOptions({ version = 2, tlvs = {} }: SendProxyOptions, { source, destination }: Ends): Buffer {
  const bare = Object.keys(tlvs).length === 0;
  if (source === undefined || destination === undefined) {
    return Buffer.from(proxyCodec.encode({ version, local: version === 2 && bare, tlvs }));
  }
  const isPath = source.port === undefined;
  // A line of text has no paths.
  if (isPath && version === 1) return Buffer.from(proxyCodec.encode({ version, local: false, tlvs }));
  const [from, to] = isPath ? [source, destination] : inOneFamily(source, destination);
  return Buffer.from(proxyCodec.encode({ version, local: false, source: from, destination: to, tlvs }));
}

/** Of two families, the IPv4 address becomes an IPv6 address. */
function inOneFamily(source: ProxyEndpoint, destination: ProxyEndpoint): [ProxyEndpoint, ProxyEndpoint] {
  const wide = [source, destination].some(({ address }) => address.includes(':'));
  const widen = (end: ProxyEndpoint) =>
    wide && end.port !== undefined && !end.address.includes(':') ? { ...end, address: `::ffff:${end.address}` } : end;
  return [widen(source), widen(destination)];
}

function assertEndpoint(name: string, end: ProxyEndpoint): void {
  const { address, port } = (end ?? {}) as Partial<ProxyEndpoint>;
  const right =
    typeof address === 'string' &&
    (port === undefined
      ? ipAddress.parse(address) === undefined
      : ipAddress.parse(address) !== undefined && Number.isInteger(port) && port >= 0 && port < 65_536);
  if (!right) {
    throw new TypeError(
      `Cannot use ${inspect(end)} as proxyProtocol.${name}: it must be an IP address with its port, or the path of a Unix socket`,
    );
  }
}
