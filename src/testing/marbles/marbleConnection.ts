import { Observable, ReplaySubject } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { CloseInfo } from '../../connection/CloseInfo';
import { Connection } from '../../connection/Connection';
import { assertConnectionOptions, type ConnectionOptions } from '../../connection/ConnectionOptions';
import { connectionReset } from '../../transports/resets';
import { MarbleTransport } from './MarbleTransport';
import { type MarbleChunks, marbleChunks } from './marbleChunks';
import { type MarblePressure, marbleKernel } from './marbleKernel';

/** Options of {@link marbleConnection}. */
export interface MarbleConnectionOptions extends ConnectionOptions {
  /** When the kernel takes written bytes, as frames or marbles. Default 0: in the frame of the write. */
  readonly pressure?: MarblePressure | undefined;
  /** The error of `#`. Default: the system error of a peer's reset, `ECONNRESET`. */
  readonly error?: Error | undefined;
}

/** A connection in virtual time, with Observables for tests. Each of them replays its earlier values. */
export interface MarbleConnection extends Connection {
  /**
   * Emits the bytes that the kernel takes; small writes of one frame are one chunk. Completes with our FIN, errors with a
   * `ConnectionClosedError` if the connection ends without one.
   */
  readonly written$: Observable<Buffer>;
  /** Emits whether the reader has paused its socket. */
  readonly paused$: Observable<boolean>;
  /** Emits how the connection ended, and completes. */
  readonly closed$: Observable<CloseInfo>;
}

/**
 * A connection that a `TestScheduler` drives: its peer is a marble diagram.
 *
 * It uses no promise, timer or tick: everything that follows from a marble happens in the same frame of virtual time. Time limits
 * and `backoff` use RxJS's clock. Inside `TestScheduler.run` that clock is virtual, and a frame is a millisecond. If a
 * connection is made later, for example by `reconnect`, its diagram begins then.
 *
 * - A letter is a chunk that arrives: its value in `chunks`, or else its own text.
 * - `|` is the peer's FIN, `#` a reset. While the reader has paused its socket, chunks and FIN wait, as in a kernel.
 *
 * @example
 * ```ts
 * import { lines } from 'rxjs-tcp';
 * import { MarbleScheduler, marbleConnection } from 'rxjs-tcp/testing';
 *
 * const scheduler = new MarbleScheduler();
 * scheduler.run(({ expectObservable }) => {
 *   const { reader } = marbleConnection(scheduler, 'a 10ms b|', { a: 'PI', b: 'NG\r\n' });
 *   expectObservable(reader.pipe(lines())).toBe('11ms a|', { a: 'PING' });
 * });
 * console.log('passed'); // → passed
 * ```
 * @param scheduler - A `TestScheduler` of RxJS; a `MarbleScheduler` copies and compares bytes too.
 * @param marbles - A diagram of what arrives, or an Observable of bytes. Default: nothing, ever.
 * @param chunks - Bytes or text by letter. A list arrives as several chunks, one after the other.
 * @param options - `pressure`, `error`, and the options of any connection.
 * @returns A new connection. Its diagram begins in this frame, after the running task.
 * @throws `TypeError` or `RangeError` for invalid marbles, chunks and options.
 */
export function marbleConnection(
  scheduler: TestScheduler,
  marbles: string | Observable<Uint8Array> = '',
  chunks: MarbleChunks = {},
  options: MarbleConnectionOptions = {},
): MarbleConnection {
  assertConnectionOptions(options);
  const { pressure = 0, error = connectionReset() } = options;
  const incoming = typeof marbles === 'string' ? marbleChunks(scheduler, marbles, chunks, error) : marbles;
  if (!(incoming instanceof Observable)) {
    throw new TypeError(
      `Cannot use a value of type ${typeof marbles} as marbles: it must be a diagram or an Observable`,
    );
  }
  const transport = new MarbleTransport(scheduler, incoming, (end) => marbleKernel(scheduler, pressure, end));
  const connection = new Connection(transport, options);
  const closed$ = new ReplaySubject<CloseInfo>(1);
  connection.whenClosed(({ ended }) => {
    closed$.next(ended as CloseInfo);
    closed$.complete();
  });
  const { written$, paused$ } = transport;
  return Object.assign(connection, { written$, paused$, closed$: closed$.asObservable() });
}
