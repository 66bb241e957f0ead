// Proves that the certificate of a resumed session is found in every form that Node gives a session, and that what is no such
// form is no error.
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { peerCertificate } from '../../src/transports/peerCertificate';
import { SERVER_TLS } from '../support/certificates';

const { raw } = new X509Certificate(SERVER_TLS.cert);

/** A DER element; its length has as many bytes as it needs, two here. */
const element = (tag: number, content: Buffer) =>
  Buffer.concat([
    content.length < 0x80
      ? Buffer.from([tag, content.length])
      : Buffer.from([tag, 0x82, content.length >> 8, content.length & 255]),
    content,
  ]);

/** OpenSSL's session: a version, a cipher, then optional parts with tags of their own. */
const session = element(
  0x30,
  Buffer.concat([
    element(2, Buffer.of(1)),
    element(4, Buffer.alloc(48)),
    element(0xa3, raw),
    element(0xaa, Buffer.alloc(200)),
  ]),
);
const anonymous = element(0x30, Buffer.concat([element(2, Buffer.of(1)), element(4, Buffer.alloc(48))]));

const bound = (name: string) =>
  Buffer.concat([Buffer.from('\0nodejs:tls:session:1\0'), Buffer.of(0, name.length), Buffer.from(name), session]);

const EMPTY = {};
const resumed = (bytes: Buffer | undefined) =>
  ({ getPeerCertificate: () => EMPTY, isSessionReused: () => true, getSession: () => bytes }) as unknown as TLSSocket;

describe('peerCertificate', () => {
  it.each([
    ['as OpenSSL has it', session],
    ['that is bound to the name of a server', bound('localhost')],
    ['that is bound to no name', bound('')],
  ])('finds the certificate in a session %s', (_, bytes) => {
    expect(peerCertificate(resumed(bytes)).raw.equals(raw)).toBe(true);
  });

  it.each([
    ['is missing', undefined],
    ['has no certificate', anonymous],
    ['is empty', Buffer.alloc(0)],
    ['has a form that is not known', Buffer.from('\0nodejs:tls:session:2\0'.padEnd(400, 'x'))],
    ['claims more bytes than a number holds', Buffer.from(`30ff${'ff'.repeat(200)}`, 'hex')],
  ])('shows what Node shows for a session that %s', (_, bytes) => {
    expect(peerCertificate(resumed(bytes))).toBe(EMPTY);
  });

  it('shows what Node shows for a session that was cut anywhere', () => {
    for (const whole of [session, bound('localhost')]) {
      for (let length = 0; length < whole.length; length++) {
        expect(peerCertificate(resumed(whole.subarray(0, length)))).toBe(EMPTY);
      }
    }
  });

  it('shows what Node shows for a session that was not resumed', () => {
    const fresh = { ...resumed(session), isSessionReused: () => false } as TLSSocket;
    expect(peerCertificate(fresh)).toBe(EMPTY);
  });
});
