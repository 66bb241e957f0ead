import { connect, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { asyncScheduler, type Subscription } from 'rxjs';
import { Connection } from './Connection';
import type { ConnectOptions } from './ConnectOptions';
import { DuplexTransport, type StreamUpgrade } from './DuplexTransport';
import { SocketTimeoutError } from './errors';
import { upgradeToTls } from './upgradeToTls';
import { withoutConnectionOptions } from './withoutConnectionOptions';
import { withoutUndefined } from './withoutUndefined';

/** Who waits for a connection: one of the two is called, once, unless the dialing is cancelled before. */
export interface DialObserver {
  connected(connection: Connection): void;
  failed(error: unknown): void;
}

/**
 * Makes one connection: name look-up, TCP or Unix socket, and TLS where it is asked for.
 *
 * @param options - Checked before.
 * @returns Cancels the dialing; without effect once it is over.
 */
export function dial(options: ConnectOptions, observer: DialObserver): () => void {
  const { signal, connectTimeout = 0 } = options;
  if (signal?.aborted) {
    observer.failed(signal.reason);
    return () => {};
  }
  const host = options.port === undefined ? undefined : (options.host ?? 'localhost');
  const upgrade = upgradeOf(options, host);
  let timer: Subscription | undefined;
  let over = false;
  /** What is destroyed when the dialing fails: the socket, later the TLS socket on it. */
  let stream: Duplex;

  const fail = (error: unknown) => {
    if (cancel()) observer.failed(error);
  };
  const abort = () => fail(signal?.reason);
  const settle = () => {
    over = true;
    timer?.unsubscribe();
    signal?.removeEventListener('abort', abort);
  };
  const cancel = () => {
    if (over) return false;
    settle();
    stream.destroy();
    return true;
  };
  const succeed = (raw?: Duplex) => {
    if (over) return;
    settle();
    const transport = new DuplexTransport(stream, {
      raw: () => raw,
      peername: options.path,
      upgrade: (tls) => upgradeToTls(tls, 'client', host),
    });
    stream.off('error', fail).off('close', closedEarly);
    const connection = new Connection(transport, options);
    if (signal !== undefined) endOnAbort(connection, signal);
    observer.connected(connection);
  };
  const closedEarly = () => fail(new Error('Cannot connect: the socket was closed before it was ready'));
  const watch = (opened: Duplex) => {
    stream = opened.on('error', fail).on('close', closedEarly);
  };
  const opened = () => {
    if (over) return;
    if (upgrade === undefined) {
      succeed();
      return;
    }
    const raw = stream;
    upgrade.start(raw, (error, socket) => {
      if (socket === undefined) {
        fail(error);
        return;
      }
      stream = socket;
      succeed(raw);
    });
  };

  watch(options.socket ?? openSocket(options));
  signal?.addEventListener('abort', abort);
  if (connectTimeout > 0) {
    timer = asyncScheduler.schedule(() => fail(new SocketTimeoutError('connect', connectTimeout)), connectTimeout);
  }
  if (options.socket === undefined || (options.socket as { connecting?: boolean }).connecting)
    stream!.once('connect', opened);
  else opened();
  return () => void cancel();
}

function upgradeOf({ tls }: ConnectOptions, host: string | undefined): StreamUpgrade | undefined {
  return tls ? upgradeToTls(tls === true ? {} : tls, 'client', host) : undefined;
}

function openSocket(options: ConnectOptions): Duplex {
  const { tls, signal, connectTimeout, socket, ...rest } = options;
  return connect({
    noDelay: true,
    ...withoutUndefined(withoutConnectionOptions(rest)),
    allowHalfOpen: true,
  } as NetConnectOpts);
}

function endOnAbort(connection: Connection, signal: AbortSignal): void {
  const abort = () => connection.destroy(signal.reason);
  signal.addEventListener('abort', abort);
  void connection.closed.then(() => signal.removeEventListener('abort', abort));
}
