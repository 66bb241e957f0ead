/**
 * An upgrade of a stream to TLS, as client or as server.
 *
 * Strategy. Making a TLS context takes 1 to 2 ms, in which nothing else runs, and 20 KiB. A server resumes only sessions of the
 * context that issued them. So upgrades whose options have the same values share one. Clients share a context. Servers share
 * a whole server of Node, which never listens, and serves the streams that it is given.
 */
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect,
  createSecureContext,
  createServer,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  type SecureContext,
  type Server,
  type TlsOptions,
} from 'node:tls';
import type { StreamUpgrade } from '../transports/DuplexTransport';
import { assertNodeOptions, type Unusable } from './assertNodeOptions';
import { assertVerifiable } from './assertVerifiable';
import { handshakeError } from './handshakeError';
import { nodeTlsOptions } from './nodeTlsOptions';
import { OptionsCache } from './OptionsCache';
import type { StartTlsOptions } from './StartTlsOptions';

/**
 * Checks the options of a handshake before anything happens.
 *
 * @param options - Options of `tls.connect` or `tls.createServer`, depending on `side`.
 * @param defaultSide - The side if `options` have none.
 * @param host - The name or address that a client has dialed. The peer's certificate is verified against it, and it is sent to
 *   the peer (SNI) unless it is an address.
 * @throws `TypeError` for invalid options: an unusable key, a server without a key, a client without a host to verify.
 */
export function upgradeToTls(
  options: StartTlsOptions,
  defaultSide: 'client' | 'server',
  host: string | undefined,
): StreamUpgrade {
  const { side = defaultSide, pending, ...rest } = options;
  if (side !== 'client' && side !== 'server') {
    throw new TypeError(`Cannot start TLS as ${String(side)}: side must be 'client' or 'server'`);
  }
  assertNodeOptions('start TLS', rest, UNUSABLE);
  if (side === 'server') assertServerOptions(rest);
  else assertVerifiable(rest, host);
  const tls = nodeTlsOptions(rest);
  try {
    const start = side === 'client' ? prepareClient(tls, host) : prepareServer(tls, rest);
    return {
      side,
      start: (raw, done) => {
        try {
          start(raw, done);
        } catch (cause) {
          // Node checks some options only now.
          done(refusal(cause));
        }
      },
    };
  } catch (cause) {
    throw refusal(cause);
  }
}

function refusal(cause: unknown): TypeError {
  return new TypeError(`Cannot start TLS: ${(cause as Error).message}`, { cause });
}

const UNUSABLE: Unusable = {
  timeout: 'use handshakeTimeout, or idleTimeout of the connection',
  onread: 'read from connection.reader',
  socket: 'the upgrade uses the socket of the connection',
  allowHalfOpen: 'connections stay half-open until they are closed',
  pauseOnConnect: 'connections are paused by their reader',
};

type TlsSideOptions = Omit<StartTlsOptions, 'side' | 'pending'>;

/** How many contexts of clients are kept, and how many servers of Node. */
const MAX_KEPT = 16;
const clientContexts = new OptionsCache<SecureContext>(MAX_KEPT);
const servers = new OptionsCache<Server>(MAX_KEPT);

function prepareClient(tls: TlsSideOptions, host: string | undefined): StreamUpgrade['start'] {
  const name = host !== undefined && isIP(host) === 0 ? { servername: host } : {};
  const secureContext = tls.secureContext || makeContext(tls);
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

/** The context of a client. The options that are left out belong to one connection; an unknown option belongs to the context. */
function makeContext(tls: TlsSideOptions): SecureContext {
  const { host, port, path, servername, session, lookup, ...others } = tls;
  const { checkServerIdentity, rejectUnauthorized, ALPNProtocols, minDHSize, pskCallback, ...rest } = others;
  return clientContexts.get(withDefaults(rest), () => createSecureContext(tls));
}

/** @param given - The original options, to find out whether two upgrades have the same. The callbacks of `tls` are new each time. */
function prepareServer(tls: TlsSideOptions, given: TlsSideOptions): StreamUpgrade['start'] {
  const shared = servers.get(withDefaults(given), () => makeServer(tls));
  return (raw, done) => {
    // Half-open, a client that hangs up in its handshake would stay for ever.
    raw.allowHalfOpen = false;
    const server = sharesListeners() ? inherit(shared) : makeServer(tls);
    const settle = (error: unknown, socket?: Duplex) => {
      server.removeAllListeners();
      done(error, socket);
    };
    server.once('secureConnection', (socket) => settle(undefined, socket));
    server.once('tlsClientError', (error, socket) => settle(handshakeError(error, socket)));
    server.emit('connection', raw);
  };
}

/** The options, with the defaults of Node that a program can change at any time. */
function withDefaults(tls: TlsSideOptions): object {
  return { ...tls, defaults: [DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MIN_VERSION, DEFAULT_MAX_VERSION] };
}

/**
 * A server that never listens: only its handling of a given stream is used. The caller limits the time of the handshake.
 */
function makeServer({ secureContext, ...tls }: TlsSideOptions): Server {
  const server = createServer({ ...(tls as TlsOptions), handshakeTimeout: 2 ** 31 - 1 });
  if (!secureContext) return server;
  // Node's server always makes its own context, and has no public way to set another.
  if (!('_sharedCreds' in server)) throw new TypeError('a server takes no secureContext here, give key and cert');
  server._sharedCreds = secureContext;
  return server;
}

/**
 * Whether a server's listeners work for the object that calls them, as Node's do. Those of Bun work for the server that they were made
 * for: there each upgrade has a server of its own, with a context of its own.
 */
function sharesListeners(): boolean {
  return process.versions.bun === undefined;
}

/** A server for one connection. It inherits everything from the shared one, but has its own events. */
function inherit(shared: Server): Server {
  const heir: Server = Object.create(shared);
  EventEmitter.call(heir);
  for (const listener of shared.listeners('connection')) heir.on('connection', listener as () => void);
  return heir;
}

function assertServerOptions({ key, cert, pfx, SNICallback, secureContext, pskCallback }: TlsSideOptions): void {
  if ((key && cert) || pfx || SNICallback || pskCallback || secureContext) return;
  throw new TypeError('Cannot start TLS as server: there is no key and certificate');
}
