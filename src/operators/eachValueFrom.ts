import type { Observable, Subscriber } from 'rxjs';
import { HeldValues } from '../flow/HeldValues';
import type { PauseOptions } from '../flow/PauseOptions';
import { toLoops } from '../flow/toLoops';
import type { AsyncValues } from '../reading/AsyncValues';
import { subscriberFor } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';

/**
 * The values of a pipe for `for await`, one at a time: the reader they come from is held in between.
 *
 * It subscribes with the first value that is asked for. Leaving the loop, by `break`, `return` or `throw`, unsubscribes and
 * releases the reader: the rest is still readable. Values that an operator made of one frame together wait here, and go
 * with the loop.
 *
 * The loop ends when the source completes. Where the connection was closed on this side before the peer had ended, more may
 * have been on its way: a loop that ends with its reader fails with a `ConnectionClosedError` then, and one that an operator
 * like `take` has ended does not.
 *
 * @example
 * ```ts
 * for await (const line of eachValueFrom(reader.pipe(lines(), map(parse)))) if (await done(line)) break;
 * ```
 * @param source$ - A pipe that begins at a `StreamReader`.
 * @param options - `source`.
 * @returns Rejects when the source errors; with a `TypeError` when a value has to wait and there is no reader to hold.
 * @throws `TypeError` for invalid options.
 */
export function eachValueFrom<T>(source$: Observable<T>, options: PauseOptions = {}): AsyncValues<T> {
  return new EachValue(source$, new UpstreamHolds(source$, toLoops(options)));
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

class EachValue<T> implements AsyncValues<T> {
  private feed: Subscriber<T> | undefined;
  private readonly values = new HeldValues<T>();
  private readonly waiting: Waiter<T>[] = [];
  /** True while the source is let run for a value, which mostly comes at once: then it is `answer`, and nobody waits. */
  private asking = false;
  private answer: IteratorResult<T, undefined> | undefined;
  /** True while those that wait are answered in the next turn. */
  private serving = false;
  private end: { readonly error?: unknown; readonly failed: boolean } | undefined;

  constructor(
    private readonly source$: Observable<T>,
    private readonly holds: UpstreamHolds,
  ) {}

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.waiting.length === 0 && this.values.length === 0 && this.end === undefined && !this.asking) {
      const pulled = this.feed === undefined ? undefined : this.holds.pull(this.feed);
      if (pulled !== undefined) return Promise.resolve({ done: false, value: pulled as T });
      this.asking = this.end === undefined;
      try {
        if (this.feed === undefined) this.subscribe();
        else this.holds.release();
      } finally {
        this.asking = false;
      }
      // Somebody in the pipe has asked too, and waits.
      if (this.waiting.length > 0) this.holds.release();
      const { answer } = this;
      this.answer = undefined;
      if (answer !== undefined) return Promise.resolve(answer);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (!this.serving) this.serve();
    });
  }

  /** Answers those that wait with the values that do, then with the end. */
  private serve(): void {
    this.serving = false;
    while (this.waiting.length > 0 && this.values.length > 0) {
      if (this.values.yieldTurn(() => this.serve())) {
        this.serving = true;
        return;
      }
      const { resolve } = this.waiting.shift() as Waiter<T>;
      this.values.shiftTo((value) => resolve({ done: false, value }));
    }
    if (this.end !== undefined) for (const waiter of this.waiting.splice(0)) this.answerEnd(waiter);
    // What waited may have been taken away.
    else if (this.waiting.length > 0 && !this.asking) this.holds.release();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.values.clear();
    this.conclude({ failed: false });
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private subscribe(): void {
    this.feed = subscriberFor<T>({
      next: (value) => this.take(value),
      error: (error: unknown) => this.conclude({ failed: true, error }),
      complete: () => {
        // Of a connection that we closed ourselves, what came may be cut short: a loop that just ended would take it for all.
        // One that `take` has ended got all it wanted.
        const cut = this.holds.upstream?.cutPipe;
        this.conclude(cut === undefined ? { failed: false } : { failed: true, error: cut });
      },
    });
    this.source$.subscribe(this.feed);
  }

  private take(value: T): void {
    const asked = this.asking && this.answer === undefined;
    const waiter = asked || this.serving ? undefined : this.waiting.shift();
    const wanted = asked || waiter !== undefined;
    if (asked) this.answer = { done: false, value };
    else if (waiter !== undefined) waiter.resolve({ done: false, value });
    else this.values.push(value, false, this.holds.upstream);
    if (this.waiting.length > 0 || this.holds.hold() || wanted) return;
    this.values.clear();
    this.conclude({ failed: true, error: new TypeError(NO_READER) });
  }

  private conclude(end: { readonly error?: unknown; readonly failed: boolean }): void {
    if (this.end !== undefined) return;
    this.end = end;
    try {
      this.feed?.unsubscribe();
    } finally {
      // Also where a teardown throws: nobody may be left waiting.
      this.holds.release();
      if (!this.serving) this.serve();
    }
  }

  /** The error once, then the end. */
  private answerEnd({ resolve, reject }: Waiter<T>): void {
    const { failed, error } = this.end as { error?: unknown; failed: boolean };
    this.end = { failed: false };
    if (failed) reject(error);
    else resolve({ done: true, value: undefined });
  }
}

const NO_READER = 'Cannot hold the source back: no StreamReader is upstream; give { source }';
