import { asyncScheduler, EMPTY, merge, Observable } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import type { Connection } from '../connection/Connection';

interface Made {
  readonly connection: Connection;
  readonly openedAt: number;
  closedAt?: number;
}

/**
 * One attempt of `reconnect`, and whether it succeeded.
 *
 * `reconnect` may come anywhere behind `connect`, where it sees lines or messages and no connection. So `dial` finds the
 * attempt that is subscribing (`current`), and reports its signal and its connections to it. A source that dials in a later
 * turn of the event loop reports nothing; then its values decide.
 */
export class DialAttempt {
  /** The attempt that is subscribing to its source. */
  static current: DialAttempt | undefined;

  private readonly signals: AbortSignal[] = [];
  private readonly made: Made[] = [];
  private dialed = false;
  private emitted = false;

  /** Runs `work` with `attempt` as the current one. */
  static within<T>(attempt: DialAttempt | undefined, work: () => T): T {
    const outer = DialAttempt.current;
    DialAttempt.current = attempt;
    try {
      return work();
    } finally {
      DialAttempt.current = outer;
    }
  }

  /** Reports that a dialing begins. */
  dialing(signal: AbortSignal | undefined): void {
    this.dialed = true;
    if (signal !== undefined) this.signals.push(signal);
  }

  /** Reports a connection; a second report of the same one is ignored. */
  connected(connection: Connection): void {
    if (this.made.some((known) => known.connection === connection)) return;
    const made: Made = { connection, openedAt: asyncScheduler.now() };
    this.made.push(made);
    connection.whenClosed(() => (made.closedAt = asyncScheduler.now()));
  }

  /** Reports that the source emitted a value that is not a connection. */
  valueEmitted(): void {
    this.emitted = true;
  }

  /** Whether a connection received a byte, or lived for `stableAfter` milliseconds. */
  succeeded(stableAfter: number): boolean {
    if (!this.dialed && this.made.length === 0) return this.emitted;
    const now = asyncScheduler.now();
    return this.made.some(
      ({ connection, openedAt, closedAt = now }) => connection.bytesRead > 0 || closedAt - openedAt >= stableAfter,
    );
  }

  /** Emits when a signal of a dialing is aborted, at once if it is already. */
  get aborted$(): Observable<unknown> {
    return this.signals.length === 0 ? EMPTY : merge(...this.signals.map(DialAttempt.abortOf));
  }

  /** Emits when `signal` is aborted, at once if it is already. */
  static abortOf(signal: AbortSignal | undefined): Observable<unknown> {
    return new Observable((subscriber) => {
      if (signal === undefined) return undefined;
      const listeners = AbortListeners.of(signal);
      const abort = () => subscriber.next(signal);
      if (signal.aborted) abort();
      else listeners.add(abort);
      return () => listeners.delete(abort);
    });
  }
}
