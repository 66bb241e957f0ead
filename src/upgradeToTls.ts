import { isIP } from 'node:net';
import { connect, createSecureContext, createServer, type TlsOptions } from 'node:tls';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import type { StreamUpgrade } from './DuplexTransport';
import { handshakeError } from './handshakeError';
import type { StartTlsOptions } from './StartTlsOptions';
import { withoutUndefined } from './withoutUndefined';

/**
 * Looks at the options of a handshake before anything happens.
 *
 * @param options - Of `tls.connect` or `tls.createServer`, as `side` says.
 * @param defaultSide - The side where `options` have none.
 * @param host - Whom a client has dialed: the name that the peer's certificate is verified against, and that it is told
 *   (SNI) unless it is an address.
 * @throws `TypeError` for options that can't be meant: keys that are none, a server without one, nobody to verify.
 */
export function upgradeToTls(
  options: StartTlsOptions,
  defaultSide: 'client' | 'server',
  host: string | undefined,
): StreamUpgrade {
  const { side = defaultSide, pending, ...tls } = withoutUndefined(options);
  if (side !== 'client' && side !== 'server') {
    throw new TypeError(`Cannot start TLS as ${String(side)}: side must be 'client' or 'server'`);
  }
  assertNodeOptions('start TLS', tls, UNUSABLE);
  if (side === 'server') assertServerOptions(tls);
  else assertVerifiable(tls, host);
  try {
    return { side, start: side === 'client' ? clientOf(tls, host) : serverOf(tls) };
  } catch (cause) {
    throw new TypeError(`Cannot start TLS: ${(cause as Error).message}`, { cause });
  }
}

const UNUSABLE: Unusable = {
  timeout: 'use handshakeTimeout, or idleTimeout of the connection',
  onread: 'read from connection.reader',
  socket: 'it goes on the socket of the connection',
  allowHalfOpen: 'connections stay half-open until they are closed',
  pauseOnConnect: 'connections are paused by their reader',
};

type TlsSideOptions = Omit<StartTlsOptions, 'side' | 'pending'>;

function clientOf(tls: TlsSideOptions, host: string | undefined): StreamUpgrade['start'] {
  const name = host !== undefined && isIP(host) === 0 ? { servername: host } : {};
  const secureContext = tls.secureContext ?? createSecureContext(tls);
  return (raw, done) => {
    let over = false;
    const settle = (error: unknown) => {
      if (over) return;
      over = true;
      if (error === undefined) done(undefined, socket);
      else done(error);
    };
    const socket = connect({ ...(host !== undefined && { host }), ...name, ...tls, secureContext, socket: raw }, () =>
      settle(undefined),
    );
    socket.on('error', settle);
    socket.once('close', () =>
      settle(new Error('Cannot start TLS: the socket was closed before the handshake was done')),
    );
  };
}

function serverOf(tls: TlsSideOptions): StreamUpgrade['start'] {
  // A server that never listens: what it does with a connection that is given to it is all that is needed. The time of
  // the handshake is watched by who has asked for it.
  const server = createServer({ ...(tls as TlsOptions), handshakeTimeout: 2 ** 31 - 1 });
  return (raw, done) => {
    // A client that hangs up in its handshake would stay for ever.
    raw.allowHalfOpen = false;
    server.once('secureConnection', (socket) => done(undefined, socket));
    server.once('tlsClientError', (error, socket) => done(handshakeError(error, socket)));
    server.emit('connection', raw);
  };
}

function assertServerOptions({ key, cert, pfx, SNICallback, secureContext, pskCallback }: TlsSideOptions): void {
  // Node's server makes its own, and would not tell that it has taken no notice.
  if (secureContext) throw new TypeError('Cannot start TLS as server: secureContext is for clients, give key and cert');
  if ((key && cert) || pfx || SNICallback || pskCallback) return;
  throw new TypeError('Cannot start TLS as server: there is no key and certificate');
}

function assertVerifiable(tls: TlsSideOptions, host: string | undefined): void {
  if (host ?? tls.servername ?? tls.host ?? tls.checkServerIdentity) return;
  if (tls.rejectUnauthorized === false) return;
  throw new TypeError('Cannot verify a TLS peer without a host: give servername');
}
