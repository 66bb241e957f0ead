// Proves that a server renews its certificate while it serves, and refuses what is no certificate.
import { X509Certificate } from 'node:crypto';
import { connect, type SecureContextOptions } from 'node:tls';
import { testCertificate } from '../../demos/support/testCertificate';
import { openConnection, type Server, startServer, writeTo } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { portOf } from '../support/portOf';
import { thrownBy } from '../support/thrownBy';

const host = '127.0.0.1';
const OLD = new X509Certificate(SERVER_TLS.cert).fingerprint256;
const NEW = new X509Certificate(testCertificate.cert).fingerprint256;

describe('Server.setSecureContext()', () => {
  let server: Server;

  afterEach(() => server.close());

  async function serve(options: object = { tls: SERVER_TLS }): Promise<void> {
    server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { host, port: 0, ...options });
  }

  /** The certificate that the server shows. */
  function shown(servername?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { host, port: portOf(server), rejectUnauthorized: false, ...(servername && { servername }) };
      const socket = connect(options, () => {
        const { fingerprint256 } = socket.getPeerCertificate();
        socket.on('close', () => resolve(fingerprint256));
        socket.resume().end();
      }).on('error', reject);
    });
  }

  it.each([undefined, 'localhost'])('is used from the next handshake on, with the name %s', async (servername) => {
    await serve();
    const old = await openConnection({ host, port: portOf(server), tls: CLIENT_TLS });
    expect(await shown(servername)).toBe(OLD);
    server.setSecureContext(testCertificate);
    expect(await shown(servername)).toBe(NEW);
    old.writer.write('still here\n');
    expect(`${await old.reader.readLine()}`).toBe('still here\n');
    old.destroy();
  });

  it('renews under load: no handshake fails', async () => {
    await serve();
    const seen: string[] = [];
    const dial = async () => {
      for (let i = 0; i < 10; i++) seen.push(await shown());
    };
    const load = Promise.all([dial(), dial(), dial(), dial()]);
    for (let i = 0; i < 20 || (i < 5000 && seen.length < 40); i++) {
      server.setSecureContext(i % 2 === 0 ? testCertificate : SERVER_TLS);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await load;
    expect(seen.length).toBe(40);
    expect(new Set(seen)).toEqual(new Set([OLD, NEW]));
  });

  it.each<[string, SecureContextOptions, string]>([
    ['no key', { cert: SERVER_TLS.cert }, 'there is no key and certificate'],
    ['a broken key', { ...SERVER_TLS, key: 'no key' }, 'Cannot set a secure context: '],
    ['an option of listen', { ...SERVER_TLS, requestCert: true } as object, 'with the option requestCert: it is fixed'],
    ['no options', undefined as never, 'it must be options with a key and a certificate'],
  ])('refuses %s, and keeps what was', async (_, options, message) => {
    await serve();
    const error = thrownBy(() => server.setSecureContext(options)) as Error;
    expect(error.name).toBe('TypeError');
    expect(error.message).toContain(message);
    expect(await shown()).toBe(OLD);
  });

  it('is a TypeError without TLS', async () => {
    await serve({});
    expect(thrownBy(() => server.setSecureContext(SERVER_TLS))).toEqual(
      new TypeError('Cannot set a secure context: the server has no TLS'),
    );
  });
});
