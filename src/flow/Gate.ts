import type { Observable, Observer, Subscriber, Unsubscribable } from 'rxjs';
import type { ReadLoop } from '../reading/ReadLoop';
import { subscriberFor } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';
import type { StreamWriter } from '../writing/StreamWriter';
import type { WriterWatcher } from '../writing/WriterWatchers';
import type { OverflowOptions } from './assertOverflowOptions';
import { HeldValues } from './HeldValues';

/**
 * One subscription of `backpressure`: passes values on while the writer keeps up, else holds their reader and what still
 * arrives.
 *
 *     open ── writer under pressure ──► shut: the reader is held, values wait ── pressure gone ──► what waits, then open
 *
 * It is a class, and its methods no closures, since there may be one for each of many thousand idle connections.
 */
export class Gate<T> implements Observer<T>, WriterWatcher, Unsubscribable {
  private readonly holds: UpstreamHolds;
  /** What arrived all the same. */
  private held: HeldValues<T> | undefined;
  /** The end of the source, which waits behind the values. */
  private conclude: (() => void) | undefined;

  private constructor(
    source: Observable<T>,
    private readonly writer: StreamWriter,
    private readonly subscriber: Subscriber<T>,
    private readonly options: OverflowOptions<T>,
    given: readonly ReadLoop[] | undefined,
  ) {
    this.holds = new UpstreamHolds(source, given);
  }

  /**
   * Puts a gate in between.
   *
   * @param given - The readers to hold, where they are not to be found.
   */
  static between<T>(
    source: Observable<T>,
    subscriber: Subscriber<T>,
    writer: StreamWriter,
    options: OverflowOptions<T>,
    given: readonly ReadLoop[] | undefined,
  ): void {
    if (writer.gone) {
      // A source that is silent would tell nobody, and its values would have nowhere to go.
      subscriber.error(writer.whyOver());
      return;
    }
    const gate = new Gate(source, writer, subscriber, options, given);
    const feed = subscriberFor<T>(gate);
    // The source is unsubscribed from first, and what was held of it released last.
    subscriber.add(feed);
    writer.whenGone(gate);
    writer.attach();
    subscriber.add(gate);
    source.subscribe(feed);
  }

  next(value: T): void {
    const { writer, subscriber } = this;
    const over = writer.whyOver();
    if (over !== undefined) {
      subscriber.error(over);
    } else if (this.waiting === 0 && !writer.pressured) {
      subscriber.next(value);
      // A consumer that unsubscribed in there has released what was held, for good.
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
    this.end(() => this.subscriber.error(error));
  }

  complete(): void {
    this.end(() => this.subscriber.complete());
  }

  /** Of the writer. */
  pressure(on: boolean): void {
    if (on || this.subscriber.closed) return;
    const { writer, subscriber, held } = this;
    // Before the reader is let go: what it would deliver now had nowhere to go.
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
    // Also where the reader has delivered more by then.
    if (writer.pressured && !subscriber.closed) writer.whenRelieved(this);
  }

  /** Of the writer, which is lost. */
  gone(): void {
    this.subscriber.error(this.writer.whyOver());
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
