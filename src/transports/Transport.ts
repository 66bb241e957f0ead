/**
 * What a `Connection` runs on: a socket, any other duplex stream, or memory.
 *
 * A transport moves bytes and says what happened; it keeps no policy. Everything that it reports comes through the
 * {@link TransportEvents} it was opened with, `onClosed` last and once, whatever happened.
 */

import type { StartTlsOptions } from '../net/StartTlsOptions';
import type { Upstream } from './Upstream';

/** What a transport reports. */
export interface TransportEvents {
  /** Bytes arrived. */
  onData(chunk: Uint8Array): void;
  /** The peer sends no more. */
  onEnd(): void;
  /** Nothing goes on any more: broken by `error`, or over. */
  onClosed(error: Error | undefined): void;
}

/** Our own address. */
export interface LocalEndpoint {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** Addresses of a transport, as they were when it was opened. */
export interface Endpoints extends LocalEndpoint {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/** An upgrade to TLS that has not begun. */
export interface TransportUpgrade {
  readonly side: 'client' | 'server';
  /** How many bytes have arrived by now that were not reported. */
  readonly unread: number;
  /**
   * Begins the handshake; the transport reports nothing any more, unless it fails.
   *
   * @param head - What the handshake is given before anything else.
   * @param discard - Whether what has arrived and was not reported is dropped.
   * @param done - Called once: with the transport to go on with, or with what went wrong.
   */
  start(head: Uint8Array, discard: boolean, done: (error: unknown, transport?: Transport) => void): void;
}

/** Moves bytes. `pause` and `resume` apply to what it reads. */
export interface Transport extends Upstream, Endpoints {
  /** Starts to read and to report. */
  open(events: TransportEvents): void;
  /** Writes, in one go as far as possible; `done` once it is handed to the kernel. One write at a time. */
  write(chunks: readonly Uint8Array[], done: () => void): void;
  /**
   * As `write`, for a transport that knows at once whether the kernel has taken everything. It answers true then, and does not
   * call `done`. Absent if the transport does not know.
   */
  readonly offer?: ((chunks: readonly Uint8Array[], done: () => void) => boolean) | undefined;
  /** Says that nothing more is sent; `done` once that is handed to the kernel. */
  end(done: () => void): void;
  /** Ends everything and drops what is not sent. */
  destroy(): void;
  /** The same, with a reset that the peer sees where there is such a thing. */
  reset(): void;
  /** Runs a task at the end of this turn of the event loop. */
  defer(task: () => void): void;
  /**
   * Prepares an upgrade to TLS; absent where TLS is not possible.
   *
   * @throws `TypeError` for invalid options; nothing has happened then.
   */
  startTls?(options: StartTlsOptions): TransportUpgrade;
  /** Details for `writer.getExtraInfo`. */
  info(name: string): unknown;
}
