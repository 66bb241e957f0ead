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

/** The tag of a certificate in a session, and of the sequence that a session is. */
const PEER = 0xa3;
const SEQUENCE = 0x30;

/** Newer versions of Node put this in front of a session, then two bytes with the length of the server's name, and the name. */
const BOUND_TO_NAME = /* @__PURE__ */ Buffer.from('\0nodejs:tls:session:1\0');

/**
 * Finds the certificate in OpenSSL's encoding of a session: a DER sequence of elements, each a tag, a length and that many bytes.
 * Returns `undefined` for a session of another form, which a later Node may have.
 */
function certificateIn(session: Buffer | undefined): Buffer | undefined {
  const der = withoutName(session);
  const outer = der === undefined ? undefined : elementAt(der, 0);
  if (der === undefined || outer === undefined || outer.tag !== SEQUENCE) return undefined;
  for (let at = outer.start; at < outer.end; ) {
    const element = elementAt(der, at);
    if (element === undefined) return undefined;
    if (element.tag === PEER) return der.subarray(element.start, element.end);
    at = element.end;
  }
  return undefined;
}

/** The session of OpenSSL. From 22.23, 24.17 and 26.3 on, Node keeps it together with the name of its server. */
function withoutName(session: Buffer | undefined): Buffer | undefined {
  const at = BOUND_TO_NAME.length;
  if (session === undefined || !session.subarray(0, at).equals(BOUND_TO_NAME)) return session;
  return session.length < at + 2 ? undefined : session.subarray(at + 2 + session.readUInt16BE(at));
}

/** The element at `at`, with where its content starts and ends; `undefined` if the bytes are no element. */
function elementAt(der: Buffer, at: number): { tag: number; start: number; end: number } | undefined {
  const [tag, length] = [der[at], der[at + 1]];
  if (tag === undefined || length === undefined) return undefined;
  // A long length: this is how many bytes of length follow.
  const bytes = length < 0x80 ? 0 : length & 0x7f;
  const start = at + 2 + bytes;
  if (bytes > 6 || start > der.length) return undefined;
  const end = start + (bytes === 0 ? length : der.readUIntBE(at + 2, bytes));
  return end > der.length ? undefined : { tag, start, end };
}
