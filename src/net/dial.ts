import { connect, getDefaultAutoSelectFamily, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { asyncScheduler, Subscription } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import { Connection } from '../connection/Connection';
import { withoutConnectionOptions } from '../connection/ConnectionOptions';
import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import type { HandshakeMessage } from '../observing/ChannelMessages';
import { channels } from '../observing/channels';
import { Trace } from '../observing/Trace';
import { DuplexTransport, type StreamUpgrade } from '../transports/DuplexTransport';
import { handshakeOutcome } from '../transports/handshakeOutcome';
import type { ConnectOptions } from './ConnectOptions';
import { DialAttempt } from './DialAttempt';
import { raceAddresses } from './raceAddresses';
import { headerForSendProxyOptions, type SendProxyOptions } from './SendProxyOptions';
import { systemPath } from './systemPath';
import { upgradeToTls } from './upgradeToTls';
import { withoutUndefined } from './withoutUndefined';

/** Waits for a connection: one of the two methods is called, once, unless the dialing is cancelled before. */
export interface DialObserver {
  connected(connection: Connection): void;
  failed(error: unknown): void;
}

/**
 * Makes one connection: name look-up, TCP or Unix socket, and TLS if the options ask for it.
 *
 * @param options - The checked options.
 * @returns A function that cancels the dialing. It does nothing once the dialing is over.
 */
export function dial(options: ConnectOptions, observer: DialObserver): () => void {
  const { signal, connectTimeout = 0, handshakeTimeout = defaults.handshakeTimeout } = options;
  const attempt = DialAttempt.current;
  attempt?.dialing(signal);
  if (signal?.aborted) {
    observer.failed(signal.reason);
    return () => {};
  }
  const host = options.port === undefined ? undefined : withoutBrackets(options.host ?? 'localhost');
  const upgrade = prepareUpgrade(options, host);
  const timers = new Subscription();
  let over = false;
  /** The socket, later the TLS socket on it. It is destroyed when the dialing fails. */
  let stream: Duplex | undefined;
  let cancelRace: (() => void) | undefined;
  let handshake: Trace<HandshakeMessage> | undefined;

  const fail = (error: unknown) => {
    Trace.settle(handshake, () => ({ error }));
    if (cancel()) observer.failed(error);
  };
  const abort = () => fail(signal?.reason);
  const limit = (what: 'connect' | 'handshake', timeout: number) => {
    if (timeout > 0) timers.add(asyncScheduler.schedule(() => fail(new SocketTimeoutError(what, timeout)), timeout));
  };
  const settle = () => {
    over = true;
    timers.unsubscribe();
    if (signal !== undefined) AbortListeners.of(signal).delete(abort);
  };
  const cancel = () => {
    if (over) return false;
    settle();
    Trace.settle(handshake, () => ({ cancelled: true }));
    cancelRace?.();
    stream?.destroy();
    return true;
  };
  const succeed = (ready: Duplex, raw?: Duplex) => {
    if (over) return;
    settle();
    const transport = new DuplexTransport(ready, {
      raw: () => raw,
      peername: options.path,
      upgrade: (tls) => upgradeToTls(tls, 'client', host),
    });
    ready.off('error', fail).off('close', closedEarly);
    const connection = new Connection(transport, options);
    if (signal !== undefined) endOnAbort(connection, signal);
    attempt?.connected(connection);
    observer.connected(connection);
  };
  const closedEarly = () =>
    fail(stream?.errored ?? new Error('Cannot connect: the socket was closed before it was ready'));
  const watch = (socket: Duplex) => {
    stream = socket.on('error', fail).on('close', closedEarly);
    return socket;
  };
  const opened = (raw: Duplex) => {
    if (over) return;
    const { proxyProtocol } = options;
    if (proxyProtocol === undefined) secure(raw);
    else introduce(raw, proxyProtocol);
  };
  /** Nothing may come before the header, so the rest waits until the kernel has it. */
  const introduce = (raw: Duplex, proxyProtocol: SendProxyOptions) => {
    try {
      const header = headerForSendProxyOptions(proxyProtocol, raw);
      raw.write(header, (error) => (error ? fail(error) : secure(raw)));
    } catch (error) {
      fail(error);
    }
  };
  const secure = (raw: Duplex) => {
    if (over) return;
    if (upgrade === undefined) {
      succeed(raw);
      return;
    }
    if (raw.destroyed) {
      // A TLS handshake would wait for a peer that can't answer.
      closedEarly();
      return;
    }
    limit('handshake', handshakeTimeout);
    const { remoteAddress, remotePort } = raw as Partial<Socket>;
    const describe = () => ({ side: upgrade.side, remoteAddress, remotePort });
    channels.handshake.begin(describe, (trace) => {
      handshake = trace;
      upgrade.start(raw, (error, socket) => {
        if (socket === undefined) {
          fail(error);
          return;
        }
        stream = socket;
        Trace.settle(
          trace,
          () => handshakeOutcome(socket),
          () => succeed(socket, raw),
        );
      });
    });
  };
  const start = () => {
    const { socket } = options;
    if (socket !== undefined && !(socket as { connecting?: boolean }).connecting) {
      opened(watch(socket));
    } else if (isName(host) && (options.autoSelectFamily ?? getDefaultAutoSelectFamily())) {
      cancelRace = raceAddresses(netOptions(options, host), {
        connected: (winner) => opened(watch(winner)),
        failed: fail,
      });
    } else {
      const connecting = watch(socket ?? connect(netOptions(options, host)));
      connecting.once('connect', () => opened(connecting));
    }
  };

  if (signal !== undefined) AbortListeners.of(signal).add(abort);
  limit('connect', connectTimeout);
  try {
    start();
  } catch (error) {
    fail(error);
  }
  return () => void cancel();
}

function prepareUpgrade({ tls }: ConnectOptions, host: string | undefined): StreamUpgrade | undefined {
  return tls ? upgradeToTls(tls === true ? {} : tls, 'client', host) : undefined;
}

/** The options for `net.connect`, without our own. */
function netOptions(options: ConnectOptions, host: string | undefined): TcpNetConnectOpts {
  const { tls, proxyProtocol, signal, connectTimeout, handshakeTimeout, socket, halfOpen, path, ...rest } = options;
  const given = withoutUndefined(withoutConnectionOptions(rest));
  const where = path === undefined ? { host } : { path: systemPath(path) };
  return { noDelay: true, ...given, ...where, allowHalfOpen: true } as TcpNetConnectOpts;
}

/** Whether `host` is a name, which may have several addresses. */
function isName(host: string | undefined): host is string {
  return host !== undefined && isIP(host) === 0;
}

/** Removes the brackets of an IPv6 address: URLs write `[::1]`. */
function withoutBrackets(host: string): string {
  const address = /^\[(.*)\]$/.exec(host)?.[1];
  return address !== undefined && isIP(address) === 6 ? address : host;
}

function endOnAbort(connection: Connection, signal: AbortSignal): void {
  const listeners = AbortListeners.of(signal);
  const abort = () => connection.destroy(signal.reason);
  listeners.add(abort);
  connection.whenClosed(() => listeners.delete(abort));
}
