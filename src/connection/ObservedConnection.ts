import type { TLSSocket } from 'node:tls';
import { asyncScheduler } from 'rxjs';
import { defaults } from '../defaults';
import type { Server } from '../net/Server';
import type { ConnectionOpenMessage } from '../observing/ChannelMessages';
import { type ConnectionSnapshot, showConnectionSnapshot } from '../observing/ConnectionSnapshot';
import type { ConnectionStats } from '../observing/ConnectionStats';
import { channels } from '../observing/channels';
import { inspectSymbol } from '../observing/inspectSymbol';
import type { MemoryShare } from '../observing/MemoryShare';
import type { Onlooker } from '../observing/Onlooker';
import { Onlookers } from '../observing/Onlookers';
import { heldInReaderSnapshot } from '../observing/ReaderSnapshot';
import { showEndpoint } from '../observing/showEndpoint';
import type { StreamReader } from '../reading/StreamReader';
import type { ProxyDetails } from '../transports/ProxyDetails';
import type { Transport } from '../transports/Transport';
import type { Upstream } from '../transports/Upstream';
import { watchUpstream } from '../transports/watchUpstream';
import type { StreamWriter } from '../writing/StreamWriter';
import type { CloseInfo } from './CloseInfo';
import type { Connection } from './Connection';
import { type Slow, SlowWatch } from './SlowWatch';

/** The part of a connection that can be seen from outside: its addresses and its counters. It changes nothing. */
export abstract class ObservedConnection {
  /** The bytes from the peer. */
  abstract readonly reader: StreamReader;
  /** The bytes to the peer. */
  abstract readonly writer: StreamWriter;
  /** @internal */
  protected abstract transport: Transport;
  /** @internal */
  protected received = 0;
  /** @internal True once it was upgraded to TLS. */
  protected upgraded = false;
  /** @internal Its share of the memory of its server, if that is limited. */
  memory: MemoryShare | undefined;
  /** RxJS's clock is virtual in virtual time. */
  private readonly openedAt = asyncScheduler.now();
  /** @internal See what happens; see {@link lookOn}. */
  onlooker: Onlookers | undefined;
  /** Made if somebody listens, with the first hold that outlives its turn or the first pressure. */
  private slow: SlowWatch | undefined;

  /**
   * @internal
   * @param slowAfter - The option.
   * @param server - The server that has accepted the connection.
   */
  constructor(
    private readonly slowAfter: number = defaults.slowAfter,
    private readonly server: Server | undefined,
  ) {}

  /** @internal A word or two: see {@link ConnectionSnapshot}. */
  abstract get state(): string;

  /** Our address; kept after the end. */
  get localAddress(): string | undefined {
    return this.transport.localAddress;
  }

  /** Our port; kept after the end. */
  get localPort(): number | undefined {
    return this.transport.localPort;
  }

  /** The peer's address. It is kept after the end. */
  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress;
  }

  /** The peer's port; kept after the end. */
  get remotePort(): number | undefined {
    return this.transport.remotePort;
  }

  /** `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return this.transport.remoteFamily;
  }

  /**
   * What the PROXY header says, on a server with the option `proxyProtocol`: the version, the TLVs, where the client has connected
   * to, and the proxy's own address. `undefined` if the connection has no header. Kept after the end.
   */
  get proxy(): ProxyDetails | undefined {
    return this.transport.proxy;
  }

  /** How many bytes have arrived. */
  get bytesRead(): number {
    return this.received;
  }

  /** How many bytes were handed to the kernel. */
  get bytesWritten(): number {
    return this.writer.bytesWritten;
  }

  /** @internal How many bytes its buffers hold, and TLS if it came by an upgrade. */
  get bytesHeld(): number {
    const { reader, writer, upgraded } = this;
    return reader.input.buffer.unread + writer.bufferedAmount + (upgraded ? defaults.tlsMemory : 0);
  }

  /**
   * The counters, as plain numbers. Asking costs little, so you can ask many connections once a second.
   *
   * @example
   * ```ts
   * import { connectionPair } from 'rxjs-tcp';
   *
   * const [here, there] = connectionPair();
   * const release = there.reader.pause();
   * here.writer.write('hello');
   * await here.writer.flush();
   * console.log(here.stats().bytesWritten, there.stats().heldBy); // → 5 [ 'pause' ]
   * release();
   * ```
   */
  stats(): ConnectionStats {
    const { openedAt, bytesRead, bytesWritten, reader, writer } = this;
    const { pressureSince } = writer.toJSON();
    return {
      bytesRead,
      bytesWritten,
      unread: reader.bufferedAmount,
      queued: writer.bufferedAmount,
      ...heldInReaderSnapshot(reader.input.holders),
      ...(pressureSince !== undefined && { pressureSince }),
      openedAt,
    };
  }

  /** The addresses, the state and the counters as plain data, without a byte of the peer. `console.log` shows them in one line. */
  toJSON(): ConnectionSnapshot {
    const { state, transport } = this;
    const local = showEndpoint(...endOf(transport.info('sockname')));
    const remote = showEndpoint(...endOf(transport.info('peername')));
    const tls = versionOf(transport.info('socket'));
    return {
      ...(local !== undefined && { local }),
      ...(remote !== undefined && { remote }),
      state,
      ...(tls !== undefined && { tls }),
      ...this.stats(),
    };
  }

  /** @internal Lets an onlooker see what happens from now on; the result makes it leave. */
  lookOn(onlooker: Onlooker): () => void {
    this.onlooker ??= new Onlookers();
    this.onlooker.add(onlooker);
    this.reader.input.drawFrom(this.upstream());
    return () => {
      this.onlooker?.remove(onlooker);
      if (this.onlooker?.size === 0) this.onlooker = undefined;
      this.reader.input.drawFrom(this.upstream());
    };
  }

  /** @internal The source of the reader. */
  protected abstract upstream(): Upstream;

  /** @internal The same source, whose pauses the onlookers see. */
  protected inSight(source: Upstream): Upstream {
    if (this.onlooker === undefined) return source;
    const { reader } = this;
    return watchUpstream(source, {
      pause: () => this.onlooker?.see('paused', reader.bufferedAmount),
      resume: () => this.onlooker?.see('resumed', reader.bufferedAmount),
    });
  }

  /** @internal Of the reader: a hold has outlived its turn, or nothing holds any more. */
  onHeld(on: boolean): void {
    if (!on) this.slow?.ends();
    else if (channels.held.hasSubscribers) this.watchSlow();
  }

  /** @internal Of the writer. */
  onPressure(on: boolean): void {
    if (!on) this.slow?.ends();
    else if (channels.pressure.hasSubscribers) this.watchSlow();
  }

  /** The connection is ready, and nothing has happened to it yet. */
  protected tellOpen(): void {
    if (channels.open.hasSubscribers) channels.open.publish(this.message);
  }

  /** The connection is closed, and everyone who needs to knows it. */
  protected tellClosed(info: CloseInfo): void {
    this.slow?.stop();
    if (channels.close.hasSubscribers) channels.close.publish({ ...this.message, ...info });
  }

  private watchSlow(): void {
    if (this.slowAfter === 0 || this.state.startsWith('closed')) return;
    this.slow ??= new SlowWatch(this.slowAfter, this);
    this.slow.begins();
  }

  /** @internal Of the watch: whether no virtual time can pass within a turn. */
  get live(): boolean {
    return this.transport.live ?? false;
  }

  /** @internal Of the watch. */
  sinceOf(what: Slow): number | undefined {
    return what === 'held' ? this.reader.input.holders?.since : this.writer.toJSON().pressureSince;
  }

  /** @internal Of the watch. */
  tellSlow(what: Slow): void {
    const { message } = this;
    const { heldSince = 0, heldBy = [], pressureSince = 0, unread, queued } = this.stats();
    if (what === 'held') channels.held.publish({ ...message, heldSince, heldBy, unread });
    else channels.pressure.publish({ ...message, pressureSince, queued });
  }

  /** @internal What every message of a channel has. */
  get message(): ConnectionOpenMessage {
    const { server } = this;
    const connection = this as unknown as Connection;
    return server === undefined ? { connection } : { connection, server };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showConnectionSnapshot('Connection', asyncScheduler.now(), this.toJSON());
  }
}

/** An address and a port, or a path. */
function endOf(name: unknown): [address: string | undefined, port?: number] {
  if (typeof name === 'string') return [name];
  const { address, port } = (name ?? {}) as { address?: string; port?: number };
  return port === undefined ? [address] : [address, port];
}

/** The version of TLS. A closed socket does not know it any more. */
function versionOf(socket: unknown): string | undefined {
  const { encrypted, getProtocol } = (socket ?? {}) as Partial<TLSSocket>;
  return encrypted ? (getProtocol?.call(socket as TLSSocket) ?? 'TLS') : undefined;
}
