import type { Duplex } from 'node:stream';
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls';

/** One end of a socket: an address with its port, or the path of a Unix socket. */
export type SocketName =
  | string
  | { readonly address: string; readonly port: number | undefined; readonly family: string | undefined };

/** What `writer.getExtraInfo` tells, by its name; each may be unknown. */
export interface ExtraInfo {
  /** The peer's end. */
  readonly peername: SocketName;
  /** Our own end. */
  readonly sockname: SocketName;
  /** The stream beneath: a `net.Socket`, a `tls.TLSSocket`, or the Duplex that the connection was made on. */
  readonly socket: Duplex;
  /** With TLS: the cipher that was agreed on. */
  readonly cipher: CipherNameAndProtocol;
  /** With TLS: the peer's certificate; without any keys where it has shown none. */
  readonly peercert: PeerCertificate;
  /** With TLS: the protocol that was agreed on (ALPN). */
  readonly alpn: string;
}
