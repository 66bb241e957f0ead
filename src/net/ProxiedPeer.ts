import type { Socket } from 'node:net';
import type { ProxyHeader } from '../codecs/proxy/ProxyHeader';
import type { ProxiedEnd } from '../transports/DuplexTransport';
import type { ProxyDetails } from '../transports/ProxyDetails';

const peers = /* @__PURE__ */ new WeakMap<Socket, ProxiedPeer>();

/** The peer of a socket whose PROXY header was read: the client, or the proxy itself if the header names nobody. */
export class ProxiedPeer implements ProxiedEnd {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  readonly path: string | undefined;
  readonly proxy: ProxyDetails;

  /** @param headerBytes - How many bytes the header has: the socket has read them, the connection has not. */
  private constructor(
    { remoteAddress, remotePort, remoteFamily }: Socket,
    header: ProxyHeader,
    readonly headerBytes: number,
  ) {
    const { source } = header;
    this.proxy = { ...header, from: { address: remoteAddress, port: remotePort } };
    if (source === undefined) {
      this.remoteAddress = remoteAddress;
      this.remotePort = remotePort;
      this.remoteFamily = remoteFamily;
    } else if (source.port === undefined) {
      this.path = source.address || undefined;
    } else {
      this.remoteAddress = source.address;
      this.remotePort = source.port;
      this.remoteFamily = source.address.includes(':') ? 'IPv6' : 'IPv4';
    }
  }

  /** Remembers the header of a socket. */
  static remember(socket: Socket, header: ProxyHeader, headerBytes: number): void {
    peers.set(socket, new ProxiedPeer(socket, header, headerBytes));
  }

  /** The peer of a socket; without TLS, or under it. `undefined` if the socket has no header. */
  static of(socket: Socket | undefined): ProxiedPeer | undefined {
    return socket && peers.get(socket);
  }

  /** How many bytes a socket has received behind its header. */
  static bytesBehind(socket: Socket): number {
    return socket.bytesRead - (peers.get(socket)?.headerBytes ?? 0);
  }
}
