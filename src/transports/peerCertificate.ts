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

/** The tag of a certificate in a session, and of the sequence that a session is. */
const PEER = 0xa3;
const SEQUENCE = 0x30;

/** What current Nodes put in front of a session: this, two bytes with the length of the server's name, and the name. */
const BOUND_TO_NAME = /* @__PURE__ */ Buffer.from('\0nodejs:tls:session:1\0');

/**
 * Finds it in OpenSSL's encoding of a session: a DER sequence of elements, each a tag, a length and that many bytes. There is none
 * in a session of another form, which a later Node may bring.
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

/** The session as OpenSSL has it: from 22.23, 24.17 and 26.3 on, Node keeps it with the name of the server that it is for. */
function withoutName(session: Buffer | undefined): Buffer | undefined {
  const at = BOUND_TO_NAME.length;
  if (session === undefined || !session.subarray(0, at).equals(BOUND_TO_NAME)) return session;
  return session.length < at + 2 ? undefined : session.subarray(at + 2 + session.readUInt16BE(at));
}

/** The element at `at`, with where its content starts and ends; `undefined` if the bytes are no element. */
function elementAt(der: Buffer, at: number): { tag: number; start: number; end: number } | undefined {
  const [tag, length] = [der[at], der[at + 1]];
  if (tag === undefined || length === undefined) return undefined;
  // More than a byte: so many bytes of length follow.
  const bytes = length < 0x80 ? 0 : length & 0x7f;
  const start = at + 2 + bytes;
  if (bytes > 6 || start > der.length) return undefined;
  const end = start + (bytes === 0 ? length : der.readUIntBE(at + 2, bytes));
  return end > der.length ? undefined : { tag, start, end };
}
