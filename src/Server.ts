/**
 * A server that is bound: its connections, its failures and its end.
 *
 *     serving ──close()──► stopped: no new connections; those that are open may finish ──► closed
 *                             └── `timeout` milliseconds later: they are destroyed ──────────┘
 *
 * The file is long because a server has many members, most of them a few lines and their documentation.
 */
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import { asyncScheduler, firstValueFrom, Observable, Subject, type Subscription, take } from 'rxjs';
import { assertSignal } from './assertSignal';
import { assertTimeout } from './assertTimeout';
import { Backlog } from './Backlog';
import { Connection } from './Connection';
import { DuplexTransport, type StreamDetails } from './DuplexTransport';
import { defaults } from './defaults';
import { SocketTimeoutError } from './errors';
import { Failures, type ServerFailure } from './Failures';
import { handshakeError } from './handshakeError';
import type { ListenOptions } from './ListenOptions';
import { SocketFile } from './SocketFile';
import type { LocalEndpoint } from './Transport';
import { upgradeToTls } from './upgradeToTls';

/**
 * A server that is bound: a stream of connections, another of what went wrong with single ones, and an end.
 *
 * @example
 * ```ts
 * await using server = await startServer(({ reader, writer }) => void reader.subscribe(writer), { port: 0 });
 * console.log(server.isServing()); // true
 * ```
 */
export class Server {
  /**
   * Connections as they are accepted. Those that nobody subscribes to wait unread, up to `backlog`, as long as their peers
   * stay; completes when the server stops.
   */
  readonly connections: Observable<Connection>;
  /**
   * What went wrong with single connections: failures of handlers, of TLS handshakes and of accepting. Where nobody
   * subscribes they are warnings of the process, at most one a minute, and probes are none. What fails because the
   * connection was ended on this side is no failure. Completes when the server is closed.
   */
  readonly errors: Observable<ServerFailure>;

  private readonly accepted = new Subject<Connection>();
  private readonly failures = new Failures();
  private readonly open = new Set<Connection>();
  /** Sockets under TLS, those included that are still in their handshake. */
  private readonly beneathTls = new Set<Socket>();
  /** Sockets under TLS that we have hung up on. */
  private readonly aborted = new WeakSet<Socket>();
  /** Connections that nobody has taken. */
  private readonly waiting: Backlog;
  private readonly bound: AddressInfo | string;
  private readonly file: SocketFile | undefined;
  private readonly closed: Promise<void>;
  /** Of every socket. */
  private readonly details: StreamDetails;
  private readonly forget = (connection: Connection) => void this.open.delete(connection);
  private timer: Subscription | undefined;
  private concluded = false;

  /** @internal Servers come from `listen` and `startServer`. */
  constructor(
    private readonly net: NetServer,
    private readonly options: ListenOptions,
  ) {
    const { path, maxConnections, signal, idleTimeout = 0 } = options;
    this.bound = net.address() as AddressInfo | string;
    this.details = {
      sockname: path,
      local: localEndpointOf(this.bound),
      upgrade: (tls) => upgradeToTls(tls, 'server', undefined),
    };
    this.file = path === undefined || path.startsWith('\0') ? undefined : new SocketFile(path);
    if (maxConnections !== undefined) net.maxConnections = maxConnections;
    this.waiting = new Backlog(idleTimeout);
    this.errors = this.failures.errors;
    this.connections = new Observable((subscriber) => {
      const subscription = this.accepted.subscribe(subscriber);
      // A subscriber that takes only the first leaves the others to the next one.
      while (this.waiting.size > 0 && this.accepted.observed) this.emit(this.waiting.take()!);
      return subscription;
    });
    this.closed = new Promise((resolve) => net.once('close', resolve))
      // Node says so when it has let go of the sockets, before they have told.
      .then(() => Promise.all(Array.from(this.open, (connection) => connection.closed)))
      .then(() => this.conclude());
    if (net instanceof TlsServer) this.acceptTls(net);
    else net.on('connection', (socket) => this.accept(socket));
    net.on('error', (error) => this.failures.ofAccept(error));
    if (signal !== undefined) this.closeOnAbort(signal);
  }

  /** Connections one by one: the next is accepted when it is asked for; leaving the loop leaves the server as it is. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void> {
    while (this.net.listening) {
      const connection = await firstValueFrom(this.connections.pipe(take(1)), { defaultValue: undefined });
      if (connection === undefined) return;
      yield connection;
    }
  }

  /** Where the server listens: an address with its port, or a path. */
  address(): AddressInfo | string {
    return this.bound;
  }

  /** The port, or `undefined` on a Unix socket. */
  get port(): number | undefined {
    return typeof this.bound === 'string' ? undefined : this.bound.port;
  }

  /** The address as a list. */
  get addresses(): readonly (AddressInfo | string)[] {
    return [this.bound];
  }

  /** True until the server is told to stop. */
  isServing(): boolean {
    return this.net.listening;
  }

  /**
   * Stops: accepts no more connections, lets those that are open finish, and destroys those that have not in time.
   *
   * @param options - `timeout` in milliseconds, 5000 by default; 0 waits for ever.
   * @returns Resolves, never rejects, once everything is closed.
   */
  close({ timeout = defaults.closeTimeout }: { readonly timeout?: number | undefined } = {}): Promise<void> {
    assertTimeout('timeout', timeout);
    if (this.net.listening) this.stop();
    this.timer?.unsubscribe();
    if (timeout > 0 && !this.concluded) this.timer = asyncScheduler.schedule(() => this.abortClients(), timeout);
    return this.closed;
  }

  /** Closes every connection in good order; the server goes on unless it was closed. */
  closeClients(): void {
    for (const connection of this.open) void connection.close();
  }

  /** Destroys every connection, sockets that are in their handshake included. */
  abortClients(): void {
    for (const socket of this.beneathTls) {
      this.aborted.add(socket);
      socket.destroy();
    }
    this.waiting.drop();
    for (const connection of this.open) connection.destroy();
  }

  /** Resolves once the server has been told to stop and all its connections are closed. */
  waitClosed(): Promise<void> {
    return this.closed;
  }

  /**
   * Waits until the server is closed, by a call, by `signal`, or by SIGINT or SIGTERM, which close it.
   *
   * @param options - `signal`: closes the server when aborted; `timeout`: what `close` is given.
   */
  serveForever(
    options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined } = {},
  ): Promise<void> {
    const { signal, timeout } = options;
    const stop = () => void this.close({ timeout });
    assertTimeout('timeout', timeout);
    assertSignal(signal);
    process.once('SIGINT', stop).once('SIGTERM', stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    return this.closed.then(() => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      signal?.removeEventListener('abort', stop);
    });
  }

  /** Closes at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Ends a connection whose handler failed, and tells. */
  handlerFailed(error: unknown, connection: Connection): void {
    this.failures.ofHandler(error, connection);
    connection.destroy(error);
  }

  private acceptTls(net: TlsServer): void {
    net.on('connection', (socket) => {
      this.beneathTls.add(socket);
      // Asked for now, it is known later: the socket of a handshake that has failed is gone.
      void socket.remoteAddress;
      socket.once('close', () => this.beneathTls.delete(socket));
    });
    net.on('secureConnection', (socket: TLSSocket) => this.accept(socket, () => this.beneath(socket)));
    net.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const raw = this.beneath(socket);
      const timedOut = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
      // Handshakes that we broke off ourselves are no news.
      if (this.net.listening && !(raw !== undefined && this.aborted.has(raw)))
        this.failures.ofHandshake(timedOut ? this.handshakeTimedOut() : handshakeError(error, socket), raw);
      socket.destroy();
    });
  }

  /** The socket that carries the TLS of another. */
  private beneath(secure: Socket & { readonly _parent?: Socket | null }): Socket | undefined {
    // Node has no public way from one to the other, and a socket that is gone has no address to be found by.
    if (secure._parent) return secure._parent;
    const { remoteAddress, remotePort, localAddress } = secure;
    for (const raw of this.beneathTls) {
      if (raw.remotePort === remotePort && raw.remoteAddress === remoteAddress && raw.localAddress === localAddress)
        return raw;
    }
    return undefined;
  }

  private handshakeTimedOut(): SocketTimeoutError {
    return new SocketTimeoutError('handshake', this.options.handshakeTimeout ?? defaults.handshakeTimeout);
  }

  private accept(socket: Socket, raw?: () => Socket | undefined): void {
    const transport = new DuplexTransport(socket, raw === undefined ? this.details : { ...this.details, raw });
    if (!this.net.listening) socket.destroy();
    else if (this.accepted.observed) this.emit(transport);
    else if (this.waiting.size < (this.options.backlog ?? defaults.backlog)) this.waiting.add(socket, transport);
    else socket.destroy();
  }

  private emit(transport: DuplexTransport): void {
    const connection = new Connection(transport, this.options);
    this.open.add(connection);
    connection.whenClosed(this.forget);
    this.accepted.next(connection);
  }

  private stop(): void {
    if (this.file === undefined) this.net.close();
    else this.file.closeWith(() => this.net.close());
    this.accepted.complete();
    this.waiting.drop();
  }

  private conclude(): void {
    this.concluded = true;
    this.timer?.unsubscribe();
    this.failures.complete();
  }

  private closeOnAbort(signal: AbortSignal): void {
    const abort = () => void this.close();
    signal.addEventListener('abort', abort);
    void this.closed.then(() => signal.removeEventListener('abort', abort));
  }
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '::ffff:0.0.0.0']);

/** Where a server is bound to one address, that is the local one of all its connections. */
function localEndpointOf(bound: AddressInfo | string): LocalEndpoint | undefined {
  if (typeof bound === 'string' || WILDCARDS.has(bound.address)) return undefined;
  return { localAddress: bound.address, localPort: bound.port };
}
