import { Observable, ReplaySubject } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { assertConnectionOptions } from '../../connection/assertConnectionOptions';
import type { CloseInfo } from '../../connection/CloseInfo';
import { Connection } from '../../connection/Connection';
import type { ConnectionOptions } from '../../connection/ConnectionOptions';
import { connectionReset } from '../../transports/connectionReset';
import { MarbleTransport } from './MarbleTransport';
import { type MarbleChunks, marbleChunks } from './marbleChunks';
import { type MarblePressure, marbleKernel } from './marbleKernel';

/** Options of {@link marbleConnection}. */
export interface MarbleConnectionOptions extends ConnectionOptions {
  /** When the kernel takes what is written, as frames or marbles. Default 0: in the frame in which it was written. */
  readonly pressure?: MarblePressure | undefined;
  /** What `#` breaks the connection with. Default: the system error of a peer's reset, `ECONNRESET`. */
  readonly error?: Error | undefined;
}

/** A connection in virtual time, with what a test wants to look at as Observables; each says again what was before. */
export interface MarbleConnection extends Connection {
  /**
   * What the kernel has taken, when it has: small writes of one frame are one. Completes with our FIN, errors with a
   * `ConnectionClosedError` where the connection ended without one.
   */
  readonly written$: Observable<Buffer>;
  /** Whether the reader has its socket paused, which holds the peer back. */
  readonly paused$: Observable<boolean>;
  /** How the connection ended, once it has; then it completes. */
  readonly closed$: Observable<CloseInfo>;
}

/**
 * A connection that a `TestScheduler` drives: its peer is a marble diagram.
 *
 * Nothing in it is a promise, a timer or a tick: all that a diagram leads to happens in the same frame of virtual time.
 * Time limits and `backoff` go by RxJS's clock, which is virtual inside `TestScheduler.run`; there a frame is a
 * millisecond. A connection that is made later, by `reconnect` say, has its diagram begin then.
 *
 * - A letter is a chunk that arrives: its value of `chunks`, or else its own text.
 * - `|` is the peer's FIN, `#` a reset. While the reader has its socket paused, chunks and FIN wait, as in a kernel.
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
 * @param marbles - What arrives, and when; or an Observable of bytes. Default: nothing, ever.
 * @param chunks - Bytes or text by letter; a list arrives as so many chunks, one after the other.
 * @param options - `pressure`, `error`, and those of any connection.
 * @returns A connection to which nothing has happened yet: its diagram begins in this frame, after what runs now.
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
