import { X509Certificate } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/**
 * The certificate of the peer, as `getPeerCertificate` returns it.
 *
 * In a resumed session, the server sends no certificate, and Node returns an empty object on the client. But the session has
 * the certificate that was verified when it began. This reads it from there, without its issuers.
 */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerCertificate();
  // Only a client that has resumed a session has an empty certificate here.
  if (certificate?.subject !== undefined || !socket.isSessionReused()) return certificate;
  const der = certificateIn(socket.getSession());
  return der === undefined ? certificate : (new X509Certificate(der).toLegacyObject() as PeerCertificate);
}

/** The tag of a certificate in a session. */
const PEER = 0xa3;

/** Finds the certificate in OpenSSL's encoding of a session: a DER sequence of elements, each a tag, a length and that many bytes. */
function certificateIn(session: Buffer | undefined): Buffer | undefined {
  if (session === undefined) return undefined;
  const end = session.length;
  for (let at = elementAt(session, 0).start; at < end; ) {
    const element = elementAt(session, at);
    if (session[at] === PEER) return session.subarray(element.start, element.end);
    at = element.end;
  }
  return undefined;
}

/** Where the content of the element at `at` starts and ends. */
function elementAt(der: Buffer, at: number): { start: number; end: number } {
  const length = der[at + 1] ?? 0;
  if (length < 0x80) return { start: at + 2, end: at + 2 + length };
  // A long length: this is how many bytes of length follow.
  const bytes = length & 0x7f;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}
