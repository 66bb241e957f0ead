/**
 * A bound server: its connections, its failures and its end.
 *
 *     serving ──close()──► stopped: no new connections; the open ones and the handlers may finish ──► closed
 *                             └── `timeout` milliseconds later: connections are destroyed, handlers given up ──┘
 *
 * The file is long because a server has many members, and their documentation.
 */
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { Observable, Subject, type Subscription } from 'rxjs';
import { assertSignal, assertTimeout } from '../argumentChecks';
import { Connection } from '../connection/Connection';
import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import { eventLoop } from '../eventLoop';
import { MemoryBudget } from '../observing/MemoryBudget';
import { DuplexTransport, type StreamDetails } from '../transports/DuplexTransport';
import { Admission } from './Admission';
import { Backlog } from './Backlog';
import { ConnectionIterator } from './ConnectionIterator';
import { closeOnAbort } from './closeOnAbort';
import type { ServerFailure } from './Failures';
import { findLocalEndpoint } from './findLocalEndpoint';
import type { HandlerRun } from './HandlerRun';
import type { ListenOptions } from './ListenOptions';
import { ObservedServer } from './ObservedServer';
import { onTermination } from './onTermination';
import { ProxiedPeer } from './ProxiedPeer';
import { ProxyHeaders } from './ProxyHeaders';
import type { RefusedConnection } from './RefusedConnection';
import { renewCertificate } from './renewCertificate';
import { ServerTimers } from './ServerTimers';
import { TlsAcceptor } from './TlsAcceptor';
import type { UnixSocketFile } from './UnixSocketFile';
import { upgradeToTls } from './upgradeToTls';
import { waitsForHandshake } from './waitsForHandshake';

/**
 * A bound server: a stream of connections, a stream of failures of single connections, and an end.
 *
 * @example
 * ```ts
 * import { startServer, writeTo } from 'rxjs-tcp';
 *
 * const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), { host: '127.0.0.1', port: 0 });
 * console.log(server.isServing()); // → true
 * await server.close();
 * console.log(server.isServing()); // → false
 * ```
 */
export class Server extends ObservedServer {
  /**
   * Emits connections as they are accepted. Without a subscriber they wait unread, up to `backlog`, as long as their peers stay.
   * Completes when the server stops.
   */
  readonly connections: Observable<Connection>;
  /**
   * Emits the failures of single connections: of handlers, of TLS handshakes and of accepting. Without a subscriber they are
   * warnings of the process, at most one a minute, and none for probes. An error that follows from ending the connection on this
   * side is no failure. Completes when the server is closed.
   */
  readonly errors: Observable<ServerFailure>;
  /**
   * Emits the connections that the server has closed before anybody got them, because a limit was reached. Completes when the server is closed.
   */
  readonly refused$: Observable<RefusedConnection>;

  /** @internal Every timer of the server and its handlers. */
  readonly timers = new ServerTimers();
  /** @internal Set if connections may begin with a PROXY header. */
  readonly headers: ProxyHeaders | undefined;
  private readonly accepted = new Subject<Connection>();
  /** The handlers that are not done. Some outlast their connections. */
  private readonly running = new Set<HandlerRun>();
  private handlersDone: (() => void) | undefined;
  /** The connections that nobody has taken. */
  private readonly waiting: Backlog;
  /** Set if an option decides who may come in, or when. */
  private readonly admission: Admission | undefined;
  private bound: readonly (AddressInfo | string)[] = [];
  private file: UnixSocketFile | undefined;
  private readonly closed: Promise<void>;
  /** The details of every socket. */
  private details: StreamDetails;
  private timer: Subscription | undefined;
  private stopped = false;
  /** True if sockets come only by hand: the given server does not listen. */
  private fed = false;
  /** Set once the time to close is over: how long it was, in milliseconds. */
  private expired: number | undefined;
  private warnedOfReading = false;

  /**
   * @internal `listen` and `startServer` make servers.
   *
   * @param nets - One for each address, before they listen: the primary of a cluster may pass the first connections together
   *   with its answer.
   * @param sources - The servers that emit the connections, if they are not those that listen.
   */
  constructor(
    private readonly nets: readonly NetServer[],
    private readonly options: ListenOptions,
    private readonly sources: readonly NetServer[] = nets,
  ) {
    super();
    const { path, signal, idleTimeout = 0, memoryLimit, proxyProtocol, backlog } = options;
    this.details = {
      sockname: path,
      upgrade: (tls) => upgradeToTls(tls, 'server', undefined),
    };
    this.waiting = new Backlog(idleTimeout);
    this.errors = this.failures.errors;
    this.refused$ = this.refusals.refused$;
    this.connections = new Observable((subscriber) => {
      const subscription = this.accepted.subscribe(subscriber);
      // A subscriber may take only the first: the others wait for the next subscriber.
      while (this.waiting.size > 0 && this.accepted.observed) this.emit(this.waiting.take()!);
      return subscription;
    });
    this.closed = Promise.all(nets.map((net) => new Promise((resolve) => net.once('close', resolve))))
      // Node emits this when it has released the sockets, before they have emitted their own end.
      .then(() => Promise.all(Array.from(this.open, (connection) => connection.closed)))
      .then(() => this.waitForHandlers())
      .then(() => this.conclude());
    this.headers = proxyProtocol && new ProxyHeaders(proxyProtocol, this, this.failures, sources[0]!, backlog);
    if (memoryLimit !== undefined)
      this.memory = new MemoryBudget(memoryLimit, () => (this.tls?.size ?? 0) * defaults.tlsMemory);
    this.admission = Admission.of(
      {
        isServing: () => this.isServing(),
        hasPlace: () => this.hasPlace(),
        hasMemory: () => this.memory?.hasRoomFor(this.tls === undefined ? 0 : defaults.tlsMemory) ?? true,
        handshakes: () => this.tls?.handshakes ?? 0,
        clientAddress: (socket) =>
          this.headers === undefined ? socket.remoteAddress : this.headers.clientAddress(socket),
        refuse: (socket, reason) => this.refuse(socket, reason),
        schedule: (task, delay) => this.timers.schedule(task, delay),
      },
      options,
    );
    if (options.maxConnections !== undefined && options.overload !== 'wait') {
      for (const net of nets) this.refusals.limit(net, () => this.hasPlace());
    }
    for (const source of sources) {
      if (source instanceof TlsServer) {
        this.tls ??= new TlsAcceptor(this, this.failures, options.handshakeTimeout);
        this.tls.acceptFrom(source);
      } else source.on('connection', (socket) => this.accept(socket));
      this.admission?.guard(source);
    }
    if (signal !== undefined) closeOnAbort(signal, this.closed, () => void this.close());
  }

  /** Iterates over the connections: each `next` accepts one. Leaving the loop does not stop the server. */
  [Symbol.asyncIterator](): AsyncGenerator<Connection, undefined> {
    return new ConnectionIterator(this.connections);
  }

  /**
   * Where the server listens: an address with its port, or an absolute path. For a name with several addresses, the first. `''`
   * for a Unix socket that came as `fd`, and for a given server that does not listen.
   */
  address(): AddressInfo | string {
    return this.bound[0] ?? '';
  }

  /** The port, the same on all addresses; `undefined` on a Unix socket. */
  get port(): number | undefined {
    const bound = this.address();
    return typeof bound === 'string' ? undefined : bound.port;
  }

  get addresses(): readonly (AddressInfo | string)[] {
    return this.bound;
  }

  isServing(): boolean {
    return !this.stopped && (this.fed || this.nets.some(({ listening }) => listening));
  }

  /** How many connections are open, as `maxConnections` counts them: those too that wait, also for a PROXY header or a handshake. */
  get connectionCount(): number {
    return (this.headers?.size ?? 0) + Math.max(this.tls?.size ?? 0, this.open.size + this.waiting.size);
  }

  /**
   * Renews the certificate: handshakes that begin from now on use it, and open connections go on with the old one.
   *
   * @example
   * ```ts no-run
   * import type { Server } from 'rxjs-tcp';
   *
   * export const renew = (server: Server, key: Buffer, cert: Buffer) => server.setSecureContext({ key, cert });
   * ```
   * @param options - Options of `tls.createSecureContext`: the whole context, not only what changes.
   * @throws `TypeError` for invalid options, and if the server has no TLS; then nothing has changed.
   */
  setSecureContext(options: SecureContextOptions): void {
    renewCertificate(this.sources, options);
  }

  /** Undoes `unref()`. */
  ref(): this {
    for (const net of this.nets) net.ref();
    this.timers.reference(true);
    return this;
  }

  /** Lets the process end while the server listens, also while one of its timers runs. Open connections still keep it alive. */
  unref(): this {
    for (const net of this.nets) net.unref();
    this.timers.reference(false);
    return this;
  }

  /**
   * Stops the server: it accepts no more connections, aborts `draining` of the open ones, lets them and their handlers finish,
   * and destroys those that do not finish in time. It also waits for a handler whose connection is gone. A handler that is still at work when the time
   * is over is given up, and that is a failure: an Observable is unsubscribed; a promise can't be cancelled.
   *
   * @param options - `timeout` in milliseconds, 5000 by default; 0 waits for ever.
   * @returns Resolves once everything is closed, and never rejects.
   */
  close({ timeout = defaults.closeTimeout }: { readonly timeout?: number | undefined } = {}): Promise<void> {
    assertTimeout('timeout', timeout);
    if (!this.stopped) this.stop();
    this.timer?.unsubscribe();
    if (timeout > 0 && !this.concluded) this.timer = this.timers.schedule(() => this.expire(timeout), timeout);
    return this.closed;
  }

  /** Closes every connection in good order. The server goes on unless it was closed. */
  closeClients(): void {
    for (const connection of this.open) void connection.close();
  }

  /** Destroys every connection, also sockets in a TLS handshake or without their PROXY header. */
  abortClients(): void {
    this.headers?.drop();
    this.tls?.abort();
    this.waiting.drop();
    this.admission?.drop();
    for (const connection of this.open) connection.destroy();
  }

  /** Resolves once the server was stopped and all its connections are closed. */
  waitClosed(): Promise<void> {
    return this.closed;
  }

  /**
   * Waits until the server is closed: by a call, by `signal`, by SIGINT or by SIGTERM. Each of them is a `close`.
   *
   * @param options - `signal`: closes the server when aborted; `timeout`: passed to `close`.
   */
  serveForever(
    options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined } = {},
  ): Promise<void> {
    const { signal, timeout } = options;
    const stop = () => void this.close({ timeout });
    assertTimeout('timeout', timeout);
    assertSignal(signal);
    if (signal !== undefined) closeOnAbort(signal, this.closed, stop);
    return this.closed.then(onTermination(stop));
  }

  /** Closes at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal A handler has started. */
  handlerBegan(run: HandlerRun): void {
    this.running.add(run);
  }

  /** @internal A handler is done or given up. */
  handlerDone(run: HandlerRun): void {
    this.running.delete(run);
    if (this.running.size === 0) this.handlersDone?.();
  }

  /** @internal Ends a connection whose handler failed, and reports the failure. */
  handlerFailed(error: unknown, connection: Connection): void {
    // If this side has closed in good order, the queued bytes are still sent.
    if (this.failures.ofHandler(error, connection)) connection.destroy(error);
  }

  /** @internal An async handler has resolved, and so closed its connection, while a read was still active. */
  warnOfReading(): void {
    if (this.warnedOfReading) return;
    this.warnedOfReading = true;
    process.emitWarning(READING, 'ServerWarning');
  }

  /**
   * @internal All addresses are bound.
   *
   * @param file - The file of a Unix socket, if this server must remove it.
   */
  started(file: UnixSocketFile | undefined): void {
    const { path } = this.options;
    const listening = this.nets.filter((net) => net.listening);
    // A Unix socket that came as `fd` has a name that Node does not know.
    this.bound = path === undefined ? listening.map((net) => net.address() ?? '') : [path];
    const address = this.address();
    if (typeof address === 'string') this.details = { ...this.details, sockname: address || undefined };
    else if (listening.length === 1) this.details = { ...this.details, local: findLocalEndpoint(address) };
    this.file = file;
    this.fed = listening.length === 0;
    for (const net of this.fed ? this.nets : listening) net.on('error', (error) => this.failures.ofAccept(error));
    this.tellListening();
  }

  /** @internal Of a listener, or of the acceptor: a socket is ready. */
  accept(socket: Socket, raw?: () => Socket | undefined): void {
    const peer = this.headers && ProxiedPeer.of(raw?.() ?? socket);
    const plain = raw === undefined && peer === undefined;
    const transport = new DuplexTransport(socket, plain ? this.details : { ...this.details, raw, peer });
    if (!this.isServing()) socket.destroy();
    else if (this.accepted.observed) this.emit(transport);
    else if (this.waiting.hasPlace(this.options.backlog ?? defaults.backlog)) this.waiting.add(socket, transport);
    else this.refuse(socket, 'backlog', raw?.() ?? socket);
  }

  /** @internal Of a given server, which may emit sockets by hand: whether there is room for one more. If not, it is closed. */
  admits(socket: Socket): boolean {
    if (this.options.overload === 'wait' || this.hasPlace()) return true;
    this.refuse(socket, 'maxConnections');
    return false;
  }

  /** @internal Closes a connection that has not begun. */
  refuse(socket: Socket, reason: RefusedConnection['reason'], raw = socket): void {
    this.refusals.refuse(socket, reason, ProxiedPeer.of(raw) ?? raw);
  }

  /** @internal Of the acceptor: a handshake is over, and another may begin. */
  handshakeOver(): void {
    this.admission?.advance();
  }

  /** @internal */
  protected get waitingCount(): number {
    return this.waiting.size + (this.admission?.size ?? 0);
  }

  /** Whether there is room for one more connection. */
  private hasPlace(): boolean {
    const { maxConnections = Number.POSITIVE_INFINITY } = this.options;
    // Those that wait and have read no reset.
    if (this.connectionCount >= maxConnections) this.waiting.dropReset();
    return this.connectionCount < maxConnections;
  }

  private emit(transport: DuplexTransport): void {
    const connection = new Connection(transport, this.options, this);
    this.adopt(connection);
    this.accepted.next(connection);
  }

  private stop(): void {
    this.stopped = true;
    const close = () => {
      for (const net of this.nets) net.close();
    };
    if (this.file === undefined) close();
    else this.file.closeWith(close);
    this.accepted.complete();
    this.waiting.drop();
    this.admission?.drop();
    this.headers?.drop();
    this.tls?.dropHandshakes();
    for (const connection of this.open) if (waitsForHandshake(connection)) connection.destroy();
    for (const connection of this.open) connection.drain();
  }

  /** No connection is open any more. */
  private async waitForHandlers(): Promise<void> {
    if (this.running.size === 0) return;
    if (this.expired === undefined) {
      await new Promise<void>((resolve) => {
        this.handlersDone = resolve;
      });
    }
    if (this.expired === undefined) return;
    // By then, the handlers that only waited for their connection have seen its end.
    await new Promise<void>(eventLoop.nextTurn);
    for (const run of this.running) {
      this.handlerFailed(new SocketTimeoutError('handler', this.expired), run.connection);
      run.giveUp();
    }
  }

  /** The time to close is over. */
  private expire(timeout: number): void {
    this.expired = timeout;
    this.abortClients();
    this.handlersDone?.();
  }

  private conclude(): void {
    this.concluded = true;
    // The program may have closed a given server itself.
    if (!this.stopped) this.stop();
    this.timer?.unsubscribe();
    this.failures.complete();
    this.refusals.complete();
    this.tellClosed();
  }
}

const READING =
  'A handler has resolved while its connection was still read, so the connection was closed: return the Observable, or await the end of the read';
