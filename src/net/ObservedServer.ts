import type { AddressInfo } from 'node:net';
import type { Connection } from '../connection/Connection';
import { channels } from '../observing/channels';
import { inspectSymbol } from '../observing/inspectSymbol';
import type { MemoryBudget } from '../observing/MemoryBudget';
import { type ServerSnapshot, showServerSnapshot } from '../observing/ServerSnapshot';
import type { ServerStats } from '../observing/ServerStats';
import { showEndpoint } from '../observing/showEndpoint';
import { Failures } from './Failures';
import { Refusals } from './Refusals';
import type { Server } from './Server';
import type { TlsAcceptor } from './TlsAcceptor';

/** The part of a server that can be seen from outside: its open connections, and what it has counted since its start. */
export abstract class ObservedServer {
  /** All addresses where the server listens: one, or all addresses of the name in `host`. */
  abstract readonly addresses: readonly (AddressInfo | string)[];
  /** @internal */
  protected readonly open = new Set<Connection>();
  /** @internal */
  protected readonly failures = new Failures((failure) => {
    if (channels.failure.hasSubscribers) channels.failure.publish({ ...failure, server: this.self });
  });
  /** @internal */
  protected readonly refusals = new Refusals();
  /** @internal Set if connections are accepted with TLS. */
  protected tls: TlsAcceptor | undefined;
  /** @internal Set if the memory of all connections is limited. */
  protected memory: MemoryBudget | undefined;
  /** @internal True once everything is closed. */
  protected concluded = false;
  private acceptedCount = 0;
  private listened = false;
  /** The bytes of the connections that are closed. */
  private readonly past = { bytesRead: 0, bytesWritten: 0 };

  /** @internal How many connections wait. */
  protected abstract readonly waitingCount: number;

  /** @internal */
  constructor() {
    // Before all others.
    this.refusals.refused$.subscribe((refused) => {
      if (channels.refused.hasSubscribers) channels.refused.publish({ ...refused, server: this.self });
    });
  }

  /** True until the server is told to stop. */
  abstract isServing(): boolean;

  /**
   * The counters since the start, as plain numbers. It adds up the open connections, so it takes the
   * longer the more there are: about a millisecond for 5,000.
   *
   * @example
   * ```ts
   * import { openConnection, startServer } from 'rxjs-tcp';
   *
   * const server = await startServer(({ reader }) => reader, { host: '127.0.0.1', port: 0 });
   * const connection = await openConnection({ host: '127.0.0.1', port: server.port! });
   * connection.writer.write('hello');
   * await connection.close();
   * await server.close();
   * const { accepted, open, bytesRead } = server.stats();
   * console.log(accepted, open, bytesRead); // → 1 0 5
   * ```
   */
  stats(): ServerStats {
    let { bytesRead, bytesWritten } = this.past;
    for (const connection of this.open) {
      bytesRead += connection.bytesRead;
      bytesWritten += connection.bytesWritten;
    }
    return {
      open: this.open.size,
      accepted: this.acceptedCount,
      waiting: this.waitingCount,
      refused: this.refusals.count,
      failed: this.failures.count,
      bytesRead,
      bytesWritten,
    };
  }

  /** The addresses, the state and the counters as plain data, without a key. `console.log` shows them in one line. */
  toJSON(): ServerSnapshot {
    return {
      addresses: this.addresses.map(shown),
      state: this.concluded ? 'closed' : this.isServing() ? 'serving' : 'stopping',
      tls: this.tls !== undefined,
      ...this.stats(),
    };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showServerSnapshot('Server', this.toJSON());
  }

  /** @internal The server is bound. */
  protected tellListening(): void {
    this.listened = true;
    if (channels.listening.hasSubscribers) channels.listening.publish({ server: this.self });
  }

  /** @internal Everything is closed. */
  protected tellClosed(): void {
    if (this.listened && channels.serverClose.hasSubscribers) channels.serverClose.publish({ server: this.self });
  }

  private get self(): Server {
    return this as unknown as Server;
  }

  /** @internal A connection is about to be given to somebody. */
  protected adopt(connection: Connection): void {
    this.acceptedCount++;
    this.open.add(connection);
    if (this.memory !== undefined) {
      connection.memory = this.memory.join(connection);
      connection.writer.tellsGrowth = true;
    }
    connection.whenClosed(this.forget);
  }

  private readonly forget = (connection: Connection) => {
    this.open.delete(connection);
    if (connection.memory !== undefined) this.memory?.leave(connection.memory);
    this.past.bytesRead += connection.bytesRead;
    this.past.bytesWritten += connection.bytesWritten;
    this.failures.ofClosed(connection);
  };
}

/** `''` is a Unix socket whose name Node does not know. */
function shown(bound: AddressInfo | string): string {
  return (typeof bound === 'string' ? showEndpoint(bound) : showEndpoint(bound.address, bound.port)) ?? '?';
}
