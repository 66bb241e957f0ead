import type { Observable, Observer, Subscriber, Unsubscribable } from 'rxjs';
import type { ReadLoop } from '../reading/ReadLoop';
import { subscriberFor } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';
import type { StreamWriter } from '../writing/StreamWriter';
import type { WriterWatcher } from '../writing/WriterWatchers';
import { HeldValues, type OverflowOptions } from './HeldValues';

/**
 * One subscription of `backpressure`. It passes values on while the writer keeps up. Else it holds their reader and keeps the
 * values that still arrive.
 *
 *     open ── writer under pressure ──► shut: the reader is held, values wait ── pressure gone ──► the values, then open
 *
 * It is a class without closures, because many thousand idle connections may each have one.
 */
export class Gate<T> implements Observer<T>, WriterWatcher, Unsubscribable {
  /** @internal A queue of `sharePausing` above makes itself known here. */
  readonly holds: UpstreamHolds;
  /** The values that arrived while the gate was shut. */
  private held: HeldValues<T> | undefined;
  /** The end of the source, which waits behind the values. */
  private conclude: (() => void) | undefined;

  private constructor(
    source: Observable<T>,
    private readonly writer: StreamWriter,
    readonly destination: Subscriber<T>,
    private readonly options: OverflowOptions<T>,
    given: readonly ReadLoop[] | undefined,
  ) {
    this.holds = new UpstreamHolds(source, given);
  }

  /**
   * Puts a gate in between.
   *
   * @param given - The readers to hold, if the gate must not look for them.
   */
  static between<T>(
    source: Observable<T>,
    subscriber: Subscriber<T>,
    writer: StreamWriter,
    options: OverflowOptions<T>,
    given: readonly ReadLoop[] | undefined,
  ): void {
    if (writer.gone) {
      // A silent source would never notice, and its values would have nowhere to go.
      subscriber.error(writer.whyOver());
      return;
    }
    const gate = new Gate(source, writer, subscriber, options, given);
    const feed = subscriberFor<T>(gate);
    // Unsubscribe from the source first, and release its readers last.
    subscriber.add(feed);
    writer.whenGone(gate);
    writer.attach();
    subscriber.add(gate);
    source.subscribe(feed);
  }

  next(value: T): void {
    const { writer, destination: subscriber } = this;
    const over = writer.whyOver();
    if (over !== undefined) {
      subscriber.error(over);
    } else if (this.waiting === 0 && !writer.pressured) {
      subscriber.next(value);
      // A consumer that unsubscribed inside `next` has released every hold: a new one would stay for ever.
      if (writer.pressured && !subscriber.closed) this.hold();
    } else {
      try {
        this.held ??= new HeldValues(this.options);
        this.held.push(value, !this.hold(), this.holds.upstream);
      } catch (error) {
        subscriber.error(error);
      }
    }
  }

  error(error: unknown): void {
    this.end(() => this.destination.error(error));
  }

  complete(): void {
    this.end(() => this.destination.complete());
  }

  /** Of the writer. */
  pressure(on: boolean): void {
    if (on || this.destination.closed) return;
    const { writer, destination: subscriber, held } = this;
    // Before the reader is released: what it delivers now would have nowhere to go.
    const over = writer.whyOver();
    if (over !== undefined) {
      subscriber.error(over);
      return;
    }
    if (held !== undefined) {
      const pass = (value: T) => subscriber.next(value);
      while (held.length > 0 && !writer.pressured && !subscriber.closed) held.shiftTo(pass);
    }
    if (this.waiting === 0) {
      this.conclude?.();
      if (!writer.pressured) this.holds.release();
    }
    // Pressure may be back: the reader may have delivered more.
    if (writer.pressured && !subscriber.closed) writer.whenRelieved(this);
  }

  /** Of the writer: the connection is lost. */
  gone(): void {
    this.destination.error(this.writer.whyOver());
  }

  unsubscribe(): void {
    this.writer.unwatch(this);
    this.writer.detach();
    this.held?.clear();
    this.holds.release();
  }

  /** Until the pressure is gone. */
  private hold(): boolean {
    this.writer.whenRelieved(this);
    return this.holds.hold();
  }

  private get waiting(): number {
    return this.held === undefined ? 0 : this.held.length;
  }

  private end(notify: () => void): void {
    this.conclude = notify;
    if (this.waiting === 0) notify();
  }
}
