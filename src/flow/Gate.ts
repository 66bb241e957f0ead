import { type Observable, Subscriber } from 'rxjs';
import type { ReadLoop } from '../reading/ReadLoop';
import { findAlong } from '../reading/rxjs7';
import { StreamReader } from '../reading/StreamReader';
import { UpstreamHolds } from '../reading/UpstreamHolds';
import type { StreamWriter } from '../writing/StreamWriter';
import type { WriterWatcher } from '../writing/WriterWatchers';
import type { OverflowOptions } from './assertOverflowOptions';
import { HeldValues } from './HeldValues';

/** The options of a gate, checked. */
export interface GateOptions<T> extends OverflowOptions<T> {
  /** The readers to hold, if the gate must not look for them. */
  readonly given?: readonly ReadLoop[] | undefined;
}

/**
 * One subscription of a flow operator to its source. It passes values on while the writer keeps up. Else it holds their reader
 * and keeps the values that still arrive.
 *
 *     open ── writer under pressure ──► shut: the reader is held, values wait ── pressure gone ──► the values, then open
 *
 * It is the Subscriber of its source itself, and makes the rest when it is needed, because many thousand idle connections may
 * each have one. As a Subscriber it is over when the source is; the gate goes on until no value waits.
 */
export abstract class Gate<T> extends Subscriber<T> implements WriterWatcher {
  /** The reader along the pipe, which is held if no other is delivering. A gate keeps no more of the pipe than that. */
  private readonly source: Observable<unknown>;
  private upstreamHolds: UpstreamHolds | undefined;
  /** The values that arrived while the gate was shut. */
  private held: HeldValues<T> | undefined;
  /** The end of the source, which waits behind the values. */
  private conclude: (() => void) | undefined;
  private left = false;

  /**
   * @param target - The Subscriber of the operator's result. Errors go there, and its end is the end of the gate.
   */
  constructor(
    source: Observable<T>,
    protected readonly writer: StreamWriter,
    protected readonly target: Subscriber<unknown>,
    protected readonly options: GateOptions<T>,
  ) {
    super();
    this.source = findAlong(source, (at) => (at instanceof StreamReader ? at : undefined)) ?? source;
  }

  /** @internal Made when it is needed. A queue of `sharePausing` above makes itself known here. */
  get holds(): UpstreamHolds {
    this.upstreamHolds ??= new UpstreamHolds(this.source, this.name, this.options.given);
    return this.upstreamHolds;
  }

  /** The operator, which is the name of its holds. */
  protected abstract get name(): string;

  /** Subscribes to the source. */
  open(source: Observable<T>): void {
    const { writer, target } = this;
    if (writer.gone) {
      // A silent source would never notice, and its values would have nowhere to go.
      target.error(writer.whyOver());
      return;
    }
    target.add(this);
    writer.whenGone(this);
    writer.attach();
    source.subscribe(this);
  }

  /** Gets each value while there is no pressure. */
  protected abstract pass(value: T): void;

  /** The source has completed, and no value waits. */
  protected abstract finish(): void;

  protected override _next(value: T): void {
    const { writer, target } = this;
    const over = writer.whyOver();
    if (over !== undefined) {
      target.error(over);
    } else if (this.waiting === 0 && !writer.pressured) {
      this.pass(value);
      // A consumer that unsubscribed inside `pass` has released every hold: a new one would stay for ever.
      if (writer.pressured && !target.closed) this.hold();
    } else {
      try {
        this.held ??= new HeldValues(this.options);
        this.held.push(value, !this.hold(), this.holds.upstream);
      } catch (error) {
        target.error(error);
      }
    }
  }

  protected override _error(error: unknown): void {
    this.end(() => this.target.error(error));
  }

  protected override _complete(): void {
    this.end(() => this.finish());
  }

  /** Of the writer. */
  pressure(on: boolean): void {
    if (on || this.left) return;
    const { writer, target, held } = this;
    // Before the reader is released: what it delivers now would have nowhere to go.
    const over = writer.whyOver();
    if (over !== undefined) {
      target.error(over);
      return;
    }
    if (held !== undefined) {
      const pass = (value: T) => this.pass(value);
      while (held.length > 0 && !writer.pressured && !target.closed) held.shiftTo(pass);
    }
    if (this.waiting === 0) {
      this.conclude?.();
      if (!writer.pressured) this.upstreamHolds?.release();
    }
    // Pressure may be back: the reader may have delivered more.
    if (writer.pressured && !this.left) writer.whenRelieved(this);
  }

  /** Of the writer: the connection is lost. */
  gone(): void {
    if (!this.target.closed) this.target.error(this.writer.whyOver());
  }

  /** Unsubscribes from the source first, and releases its readers last. */
  override unsubscribe(): void {
    if (this.closed) return;
    try {
      super.unsubscribe();
    } finally {
      if (this.waiting === 0 || this.target.closed) this.leave();
      // As a Subscriber the gate has left its target, and the values still wait.
      else this.target.add(() => this.leave());
    }
  }

  /** The source has ended: the Subscriber is over now, and the gate when no value waits. */
  private end(notify: () => void): void {
    this.conclude = () => {
      notify();
      this.leave();
    };
    try {
      if (this.waiting === 0) notify();
    } finally {
      this.unsubscribe();
    }
  }

  private leave(): void {
    if (this.left) return;
    this.left = true;
    this.writer.unwatch(this);
    this.writer.detach();
    this.held?.clear();
    this.upstreamHolds?.release();
  }

  /** Until the pressure is gone. */
  private hold(): boolean {
    this.writer.whenRelieved(this);
    return this.holds.hold();
  }

  private get waiting(): number {
    return this.held === undefined ? 0 : this.held.length;
  }
}
