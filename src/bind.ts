import {
  createServer,
  type ListenOptions as NetListenOptions,
  type Server as NetServer,
  type ServerOpts,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { defaults } from './defaults';
import type { ListenOptions } from './ListenOptions';
import { removeDeadSocket } from './removeDeadSocket';
import { Server } from './Server';
import { withoutConnectionOptions } from './withoutConnectionOptions';
import { withoutUndefined } from './withoutUndefined';

/** Who waits for a server: one of the two is called, once, unless the binding is cancelled before. */
export interface BindObserver {
  bound(server: Server): void;
  failed(error: unknown): void;
}

/**
 * Binds a server to its port or path.
 *
 * @param options - Checked before.
 * @returns Cancels the binding; without effect once it is over.
 */
export function bind(options: ListenOptions, observer: BindObserver): () => void {
  const { signal, backlog = defaults.backlog, host, port, path } = options;
  if (signal?.aborted) {
    observer.failed(signal.reason);
    return () => {};
  }
  const net = createNetServer(options);
  let over = false;
  let retried = false;
  const cancel = () => {
    if (over) return false;
    over = true;
    signal?.removeEventListener('abort', abort);
    net.close();
    return true;
  };
  const fail = (error: unknown) => {
    if (cancel()) observer.failed(error);
  };
  const abort = () => fail(signal?.reason);
  // A port that is there but undefined would be any free port.
  const where = path === undefined ? { port, ...(host !== undefined && { host }) } : { path };
  const start = () => net.listen({ ...netOptions(options), ...where, backlog });
  net.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || path === undefined || retried || over) {
      fail(error);
      return;
    }
    retried = true;
    removeDeadSocket(path).then((removed) => {
      if (over) return;
      if (removed) start();
      else fail(error);
    }, fail);
  });
  net.once('listening', () => {
    if (over) {
      // Not every Node 20 lets `close` call off a `listen` that still looks its address up.
      net.close();
      return;
    }
    over = true;
    signal?.removeEventListener('abort', abort);
    observer.bound(new Server(net, options));
  });
  signal?.addEventListener('abort', abort);
  start();
  return () => void cancel();
}

function createNetServer(options: ListenOptions): NetServer {
  const { tls, handshakeTimeout = defaults.handshakeTimeout } = options;
  const common = { noDelay: true, ...netOptions(options) };
  if (tls === undefined) return createServer({ ...common, allowHalfOpen: true, pauseOnConnect: true });
  // Half-open only once it is secure, see `DuplexTransport`: a client that hangs up in its handshake would stay for ever.
  // 0 is off for us, and not for Node: there the longest time that its timers know is as good.
  return createTlsServer({ ...common, ...withoutUndefined(tls), handshakeTimeout: handshakeTimeout || 2 ** 31 - 1 });
}

/** What is not ours to read. */
function netOptions(options: ListenOptions): NetListenOptions & ServerOpts {
  const { host, port, path, tls, backlog, maxConnections, handshakeTimeout, signal, ...rest } = options;
  return withoutUndefined(withoutConnectionOptions(rest));
}
