import { asyncScheduler, EMPTY, merge, Observable } from 'rxjs';
import { AbortListeners } from './AbortListeners';
import type { Connection } from './Connection';

interface Made {
  readonly connection: Connection;
  readonly openedAt: number;
  closedAt?: number;
}

/**
 * One attempt of `reconnect`, and what came of it.
 *
 * `reconnect` may stand anywhere behind `connect`, where it sees lines or messages and no connection. So whatever dials
 * asks for the attempt in which it was subscribed to (`current`), and tells it of its signal and of its connections.
 * What can't tell, because it dials in a later turn, is judged by its values.
 */
export class DialAttempt {
  /** The attempt whose source is being subscribed to. */
  static current: DialAttempt | undefined;

  private readonly signals: AbortSignal[] = [];
  private readonly made: Made[] = [];
  private dialed = false;
  private emitted = false;

  /** Does something, a subscribing, within an attempt; or outside of all of them. */
  static within<T>(attempt: DialAttempt | undefined, work: () => T): T {
    const outer = DialAttempt.current;
    DialAttempt.current = attempt;
    try {
      return work();
    } finally {
      DialAttempt.current = outer;
    }
  }

  /** Something dials. */
  dialing(signal: AbortSignal | undefined): void {
    this.dialed = true;
    if (signal !== undefined) this.signals.push(signal);
  }

  /** A connection is made. */
  connected(connection: Connection): void {
    if (this.made.some((known) => known.connection === connection)) return;
    const made: Made = { connection, openedAt: asyncScheduler.now() };
    this.made.push(made);
    connection.whenClosed(() => (made.closedAt = asyncScheduler.now()));
  }

  /** A value was emitted by what is not known to dial. */
  valueEmitted(): void {
    this.emitted = true;
  }

  /** Whether a connection received a byte, or lived for so many milliseconds. */
  succeeded(stableAfter: number): boolean {
    if (!this.dialed && this.made.length === 0) return this.emitted;
    const now = asyncScheduler.now();
    return this.made.some(
      ({ connection, openedAt, closedAt = now }) => connection.bytesRead > 0 || closedAt - openedAt >= stableAfter,
    );
  }

  /** Emits when a signal with which something dialed is aborted, at once if it is. */
  get aborted$(): Observable<unknown> {
    return this.signals.length === 0 ? EMPTY : merge(...this.signals.map(DialAttempt.abortOf));
  }

  /** Emits when a signal is aborted, at once if it is. */
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
