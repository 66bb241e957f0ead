import type { Duplex } from 'node:stream';
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls';

/** One end of a socket: an address with its port, or the path of a Unix socket. */
export type SocketName =
  | string
  | { readonly address: string; readonly port: number | undefined; readonly family: string | undefined };

/** The details that `writer.getExtraInfo` returns, by name. Each may be unknown. */
export interface ExtraInfo {
  /** The peer's end. */
  readonly peername: SocketName;
  /** Our own end. */
  readonly sockname: SocketName;
  /** The underlying stream: a `net.Socket`, a `tls.TLSSocket`, or the Duplex that the connection was made from. */
  readonly socket: Duplex;
  /** With TLS: the agreed cipher. */
  readonly cipher: CipherNameAndProtocol;
  /** With TLS: the peer's certificate; an object without keys if the peer has sent none. */
  readonly peercert: PeerCertificate;
  /** With TLS: the agreed protocol (ALPN). */
  readonly alpn: string;
}
