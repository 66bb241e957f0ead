import { X509Certificate } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/**
 * The certificate of the peer, as `getPeerCertificate` has it.
 *
 * On a client whose session was resumed, for which no certificate is sent, Node answers with an empty object. The session
 * itself has the certificate that was verified when it began: it is read from there, without those that have issued it.
 */
export function peerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerCertificate();
  // An empty one, of a client that resumes.
  if (certificate?.subject !== undefined || !socket.isSessionReused()) return certificate;
  const der = certificateIn(socket.getSession());
  return der === undefined ? certificate : (new X509Certificate(der).toLegacyObject() as PeerCertificate);
}

/** The tag of a certificate in a session. */
const PEER = 0xa3;

/** Finds it in OpenSSL's encoding of a session: a DER sequence of elements, each a tag, a length and that many bytes. */
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
  // More than a byte: so many bytes of length follow.
  const bytes = length & 0x7f;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}
