/**
 * What carries a `Connection`: a socket, any other duplex stream, or memory.
 *
 * A transport moves bytes and reports events. It decides nothing. It reports through the {@link TransportEvents} that it was
 * opened with. `onClosed` always comes, once, and last.
 */

import type { StartTlsOptions } from '../net/StartTlsOptions';
import type { ProxyDetails } from './ProxyDetails';
import type { Upstream } from './Upstream';

/** The events of a transport. */
export interface TransportEvents {
  /** Bytes arrived. */
  onData(chunk: Uint8Array): void;
  /** The peer sends no more. */
  onEnd(): void;
  /** The transport is over, or broken by `error`. */
  onClosed(error: Error | undefined): void;
}

/** Our own address. */
export interface LocalEndpoint {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** The addresses of a transport when it was opened. */
export interface Endpoints extends LocalEndpoint {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/** A prepared upgrade to TLS. */
export interface TransportUpgrade {
  readonly side: 'client' | 'server';
  /** How many bytes have arrived and were not reported. */
  readonly unread: number;
  /**
   * Begins the handshake. From now on the transport reports only its failure.
   *
   * @param head - The first bytes for the handshake.
   * @param discard - Whether to drop the bytes that have arrived and were not reported.
   * @param done - Called once: with the new transport, or with the error.
   */
  start(head: Uint8Array, discard: boolean, done: (error: unknown, transport?: Transport) => void): void;
}

/** Moves bytes. `pause` and `resume` apply to what it reads. */
export interface Transport extends Upstream, Endpoints {
  /** What the proxy has told that passes the connection on. */
  readonly proxy?: ProxyDetails | undefined;
  /** Starts to read and to report. */
  open(events: TransportEvents): void;
  /** Writes the chunks together if possible. Calls `done` once the kernel has them. One write at a time. */
  write(chunks: readonly Uint8Array[], done: () => void): void;
  /**
   * As `write`, for a transport that knows at once whether the kernel has taken everything. It answers true then, and does not
   * call `done`. Absent if the transport does not know.
   */
  readonly offer?: ((chunks: readonly Uint8Array[], done: () => void) => boolean) | undefined;
  /** Sends FIN. Calls `done` once the kernel has it. */
  end(done: () => void): void;
  /** Ends everything, and drops the unsent bytes. */
  destroy(): void;
  /** The same, with a reset that the peer sees, if there are resets. */
  reset(): void;
  /** Runs a task at the end of this turn of the event loop. */
  defer(task: () => void): void;
  /**
   * Prepares an upgrade to TLS; absent if TLS is not possible.
   *
   * @throws `TypeError` for invalid options; then nothing has happened.
   */
  startTls?(options: StartTlsOptions): TransportUpgrade;
  /** Details for `writer.getExtraInfo`. */
  info(name: string): unknown;
}
