import type { Observable } from 'rxjs';
import type { Holdable } from './Holdable';
import { ReadLoop } from './ReadLoop';
import { findAlong, runningLoop } from './rxjs7';

/**
 * The holds that one gate in a pipe has taken on the readers of its values.
 *
 * When a value arrives, this decides which readers to hold: the given ones; else the reader whose delivery is running; else,
 * behind an asynchronous operator, the nearest reader along the pipe. Below `sharePausing` it is the queue of the subscriber.
 * Each is held once, and all are released together.
 */
export class UpstreamHolds {
  /** Nearly always there is one reader: a loop that awaits holds and releases it for every value. */
  private held: Holdable | undefined;
  private others: Set<Holdable> | undefined;
  /** The nearest queue of `sharePausing` above. */
  private queue: Holdable | undefined;

  /**
   * @param source - The pipe along which to find the nearest reader.
   * @param by - The name of the operator that holds.
   * @param given - The readers to hold instead, for every value. An empty list holds none.
   */
  constructor(
    private readonly source: Observable<unknown>,
    private readonly by: string,
    private readonly given?: readonly ReadLoop[],
  ) {}

  /** The loop of the nearest reader along a pipe. */
  static nearest(source: Observable<unknown>): ReadLoop | undefined {
    return findAlong(source, (at) => ('input' in at && at.input instanceof ReadLoop ? at.input : undefined));
  }

  /** The first of the given readers; else the one whose delivery is running; else the nearest one along the pipe. */
  get upstream(): Holdable | undefined {
    return this.given === undefined ? (runningLoop.current ?? this.near) : this.given[0];
  }

  /** The source of values that arrive while nobody delivers. */
  get near(): Holdable | undefined {
    return this.queue ?? UpstreamHolds.nearest(this.source);
  }

  /** A queue of `sharePausing` is the nearest source from now on. */
  drawFrom(queue: Holdable): void {
    this.queue = queue;
  }

  /** Holds the reader that the arriving value comes from. Returns false if no reader is found. */
  hold(): boolean {
    if (this.given !== undefined) {
      for (const loop of this.given) this.holdOne(loop);
      return this.given.length > 0;
    }
    const loop = this.upstream;
    if (loop !== undefined) this.holdOne(loop);
    return loop !== undefined;
  }

  /** Takes the next frame at once, if a single loop is held and allows it: see {@link ReadLoop.pull}. */
  pull(subscriber: object): unknown {
    return this.others === undefined ? this.held?.pull?.(subscriber) : undefined;
  }

  /** Releases every hold. Each reader delivers at once. */
  release(): void {
    const { held, others } = this;
    if (held === undefined) return;
    this.held = this.others = undefined;
    held.release(this.by);
    if (others !== undefined) for (const loop of others) loop.release(this.by);
  }

  private holdOne(loop: Holdable): void {
    if (loop === this.held || this.others?.has(loop)) return;
    if (this.held === undefined) {
      this.held = loop;
    } else {
      this.others ??= new Set();
      this.others.add(loop);
    }
    loop.hold(this.by);
  }
}
