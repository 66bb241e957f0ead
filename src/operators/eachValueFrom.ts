import type { Observable, Subscriber } from 'rxjs';
import { HeldValues } from '../flow/HeldValues';
import { type PauseOptions, toLoops } from '../flow/toLoops';
import type { AsyncValues } from '../reading/AsyncValues';
import { subscriberFor } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';

/**
 * The values of a pipe for `for await`, one at a time. Between two values, it holds their reader.
 *
 * ```marbles
 * arrives  'a\nb\n'--------------'c\n'-----|
 *          for await (const line of eachValueFrom(reader.pipe(lines()))) {
 *            emit(line);
 *            await sleep(6);
 *          }
 * emits    'a'---'b'-------------'c'-------|
 * held     ============----------======-----
 * ```
 *
 * It subscribes when you ask for the first value. Leaving the loop (`break`, `return` or `throw`) unsubscribes and releases the
 * reader: the rest stays readable. If an operator makes several values of one frame, they wait here, and are dropped when you
 * leave the loop.
 *
 * The loop ends when the source completes. If this side closed the connection before the peer ended, the peer may have sent
 * more: then a loop that ends with its reader fails with a `ConnectionClosedError`. A loop that an operator like `take` has
 * ended does not fail.
 *
 * @example
 * ```ts
 * import { map } from 'rxjs';
 * import { eachValueFrom, lines, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('1\n2\n3\n')]);
 * for await (const n of eachValueFrom(reader.pipe(lines(), map(Number)))) {
 *   console.log(n);
 *   if (n === 2) break;
 * }
 * // → 1
 * // → 2
 * console.log(`${await reader.readLine()}`.trimEnd()); // → 3
 * ```
 * @param source$ - A pipe that begins at a `StreamReader`.
 * @param options - `source`.
 * @returns Rejects when the source errors; with a `TypeError` when a value has to wait and there is no reader to hold.
 * @throws `TypeError` for invalid options.
 */
export function eachValueFrom<T>(source$: Observable<T>, options: PauseOptions = {}): AsyncValues<T> {
  return new EachValue(source$, new UpstreamHolds(source$, 'eachValueFrom', toLoops(options)));
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

class EachValue<T> implements AsyncValues<T> {
  private feed: Subscriber<T> | undefined;
  private readonly values = new HeldValues<T>();
  private readonly waiting: Waiter<T>[] = [];
  /** True while the source may run for one value. Mostly it comes at once: then it is `answer`, and no promise waits. */
  private asking = false;
  private answer: IteratorResult<T, undefined> | undefined;
  /** True while the waiting promises are to be resolved in the next turn. */
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
      // Code in the pipe has called `next` too, and waits.
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

  /** Resolves the waiting promises with the waiting values, then with the end. */
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
    // An upgrade to TLS may have dropped the waiting values.
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
      holds: this.holds,
      next: (value) => this.take(value),
      error: (error: unknown) => this.conclude({ failed: true, error }),
      complete: () => {
        // If this side closed the connection, bytes may be missing. A loop that just ends would believe that it has got all.
        // A loop that `take` has ended got all it wanted.
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
      // Also if a teardown throws: no promise may wait for ever.
      this.holds.release();
      if (!this.serving) this.serve();
    }
  }

  /** Answers with the error once, then with the end. */
  private answerEnd({ resolve, reject }: Waiter<T>): void {
    const { failed, error } = this.end as { error?: unknown; failed: boolean };
    this.end = { failed: false };
    if (failed) reject(error);
    else resolve({ done: true, value: undefined });
  }
}

const NO_READER = 'Cannot hold the source back: no StreamReader is upstream; give { source }';
