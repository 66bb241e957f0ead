import cluster from 'node:cluster';
import { type LookupAddress, lookup } from 'node:dns';
import {
  type AddressInfo,
  createServer,
  isIP,
  type ListenOptions as NetListenOptions,
  type Server as NetServer,
  type ServerOpts,
} from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { AbortListeners } from '../AbortListeners';
import { withoutConnectionOptions } from '../connection/ConnectionOptions';
import { defaults } from '../defaults';
import type { ListenOptions } from './ListenOptions';
import { lockUnixPath } from './lockUnixPath';
import { nodeTlsOptions } from './nodeTlsOptions';
import { withoutProtectionOptions, withProtectionOptions } from './ProtectionOptions';
import { Server } from './Server';
import { shareTickets } from './shareTickets';
import { systemPath } from './systemPath';
import { takeFrom } from './takeFrom';
import { UnixSocketFile } from './UnixSocketFile';
import { withoutUndefined } from './withoutUndefined';

/** Waits for a server: one of the two methods is called, once, unless the binding is cancelled before. */
export interface BindObserver {
  bound(server: Server): void;
  failed(error: unknown): void;
}

/** How many ports are tried to find one that is free on every address of a name. */
const PORTS_TO_TRY = 10;

/**
 * Binds a server to its path, or to its port on every address of its host, or takes what is bound already.
 *
 * @param given - The checked options; the path is absolute.
 * @returns A function that cancels the binding. It does nothing once the binding is over.
 */
export function bind(given: ListenOptions, observer: BindObserver): () => void {
  const options = withProtectionOptions(given);
  const { signal } = options;
  if (signal?.aborted) {
    observer.failed(signal.reason);
    return () => {};
  }
  const cancelled = new AbortController();
  let over = false;
  const settle = () => {
    if (over) return false;
    over = true;
    if (signal !== undefined) AbortListeners.of(signal).delete(abort);
    return true;
  };
  const cancel = () => {
    if (!settle()) return false;
    cancelled.abort();
    return true;
  };
  const fail = (error: unknown) => {
    if (cancel()) observer.failed(error);
  };
  const abort = () => fail(signal?.reason);
  if (signal !== undefined) AbortListeners.of(signal).add(abort);
  startAnywhere(options, cancelled.signal).then((server) => {
    if (settle()) observer.bound(server);
    else giveUp(server);
  }, fail);
  return () => void cancel();
}

async function startAnywhere(options: ListenOptions, cancelled: AbortSignal): Promise<Server> {
  const { path, fd, server: given } = options;
  if (path !== undefined) return startOnPath(options, path, cancelled);
  if (given !== undefined) return startOnServer(options, given);
  if (fd === undefined) return startOnPort(options, cancelled);
  const server = await start(options, [{ fd } as NetListenOptions], cancelled);
  server.started(undefined);
  return server;
}

function startOnServer(options: ListenOptions, given: NetServer): Server {
  const inner = createNetServer(options);
  const server = new Server([given], options, [inner]);
  takeFrom(given, inner, server, options);
  server.started(undefined);
  return server;
}

async function startOnPath(options: ListenOptions, path: string, cancelled: AbortSignal): Promise<Server> {
  const isFile = !path.startsWith('\0') && process.platform !== 'win32';
  // The workers of a cluster share the socket that the primary has bound, and the primary removes the file.
  const shared = cluster.isWorker && options.exclusive !== true;
  const release = isFile ? await lockUnixPath(path, cancelled) : undefined;
  try {
    // Without the lock no file is removed: the system decides whether the path is free.
    if (release !== undefined) await UnixSocketFile.removeDead(path);
    cancelled.throwIfAborted();
    const boundAs = systemPath(path);
    const server = await start(options, [{ path: boundAs }], cancelled);
    server.started(isFile && !shared ? new UnixSocketFile(path, boundAs) : undefined);
    return server;
  } finally {
    release?.();
  }
}

async function startOnPort(options: ListenOptions, cancelled: AbortSignal): Promise<Server> {
  const { host, port } = options;
  const places = !host ? [{}] : isIP(host) ? [{ host }] : toListenOptions(await lookUp(host));
  for (let attempt = 1; ; attempt++) {
    try {
      cancelled.throwIfAborted();
      const server = await start(options, places, cancelled);
      server.started(undefined);
      return server;
    } catch (error) {
      // The port was free on the first address, and is in use on another.
      const unlucky = port === 0 && places.length > 1 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!unlucky || attempt === PORTS_TO_TRY) throw error;
    }
  }
}

function lookUp(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

/** One listener for each address: an IPv6 wildcard would also take the IPv4 one. */
function toListenOptions(addresses: readonly LookupAddress[]): NetListenOptions[] {
  const hosts = [...new Set(addresses.map(({ address }) => address))];
  return hosts.map((host) => (hosts.length > 1 && isIP(host) === 6 ? { host, ipv6Only: true } : { host }));
}

/**
 * Starts to listen on all addresses, or on none.
 *
 * An IPv6 address that the system does not have is left out if there is another address: some names have one although IPv6 is
 * off.
 */
async function start(
  options: ListenOptions,
  places: readonly NetListenOptions[],
  cancelled: AbortSignal,
): Promise<Server> {
  const { backlog = defaults.backlog } = options;
  const behind = options.proxyProtocol && createNetServer(options);
  const nets = places.map(() => (behind === undefined ? createNetServer(options) : createListener(options)));
  const server = new Server(nets, options, behind && [behind]);
  for (const net of nets) server.headers?.receiveFrom(net);
  const abort = () => giveUp(server);
  cancelled.addEventListener('abort', abort);
  try {
    shareTickets(nets.filter((net): net is TlsServer => net instanceof TlsServer));
    let { port } = options;
    let missing: unknown;
    for (const [index, net] of nets.entries()) {
      const place = places[index]!;
      // Node takes `port: undefined` as any free port.
      const where = { ...(port !== undefined && { port }), ...place };
      try {
        await listening(net, { ...netOptions(options), ...where, backlog }, cancelled);
        cancelled.throwIfAborted();
        if (port === 0) ({ port } = net.address() as AddressInfo);
      } catch (error) {
        if (!isMissing(error, place)) throw error;
        missing = error;
      }
    }
    if (!server.isServing()) throw missing;
    return server;
  } catch (error) {
    giveUp(server);
    throw error;
  } finally {
    cancelled.removeEventListener('abort', abort);
  }
}

function listening(net: NetServer, where: NetListenOptions, cancelled: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const calledOff = () => reject(cancelled.reason);
    net.once('error', reject).once('close', calledOff);
    net.listen(where, () => {
      net.off('error', reject).off('close', calledOff);
      resolve();
      // In some versions of Node 20, `close` can't cancel a `listen` that still looks up its address or asks a cluster's primary.
      if (cancelled.aborted) net.close();
    });
  });
}

function giveUp(server: Server): void {
  server.abortClients();
  void server.close();
}

function isMissing(error: unknown, { host }: NetListenOptions): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return isIP(host ?? '') === 6 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
}

function createNetServer(options: ListenOptions): NetServer {
  const { tls, handshakeTimeout = defaults.handshakeTimeout } = options;
  const common = { noDelay: true, ...netOptions(options) };
  if (tls === undefined) return createListener(options);
  // Half-open only after the handshake, see `DuplexTransport`: a client that hangs up in its handshake would stay for ever.
  // For Node, 0 does not mean off. The longest time of its timers is as good.
  return createTlsServer({
    ...common,
    ...nodeTlsOptions(tls),
    // A connection that waits for its handshake is not read.
    pauseOnConnect: options.overload === 'wait',
    handshakeTimeout: handshakeTimeout || 2 ** 31 - 1,
  });
}

/** A server without TLS, even if its sockets get it later. */
function createListener(options: ListenOptions): NetServer {
  const allowHalfOpen = options.tls === undefined;
  return createServer({ noDelay: true, ...netOptions(options), allowHalfOpen, pauseOnConnect: true });
}

/** The options that go to Node unchanged. */
function netOptions(options: ListenOptions): NetListenOptions & ServerOpts {
  const {
    host,
    port,
    path,
    fd,
    server,
    tls,
    proxyProtocol,
    backlog,
    maxConnections,
    handshakeTimeout,
    signal,
    ...rest
  } = options;
  return withoutUndefined(withoutProtectionOptions(withoutConnectionOptions(rest)));
}
