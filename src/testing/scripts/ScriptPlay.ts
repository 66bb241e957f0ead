/**
 * A script while it is played on a connection.
 *
 *     waiting ── start ──► playing ── step after step ──► over: anything that comes now is a surprise, FIN is answered
 *                            │                             │
 *                            └── surprise, silence, end ───┴──► failed: the connection is ended
 *
 * It reads only while a step wants to receive. In between, the other side sees the pressure of a busy peer. Only `done` is a
 * promise, so virtual time drives it.
 */
import type { AssertionError } from 'node:assert';
import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { ByteBuffer } from '../../bytes/ByteBuffer';
import { showBytes } from '../../bytes/showBytes';
import type { Connection } from '../../connection/Connection';
import type { Place } from '../Place';
import { type FailureDetails, scriptFailure } from './scriptFailure';

/** One step of a script. */
export interface ScriptStep {
  /** The step as it was written. */
  readonly text: string;
  /** What it receives, if it waits for the other side: bytes, or `true` if they are not known. */
  readonly receives: Uint8Array | boolean;
  /** The place in the test. */
  readonly place: Place;
  /** Does what is possible now. Returns true once the step is done. */
  play(on: ScriptPlay): boolean;
}

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

export class ScriptPlay {
  /** Resolves when every step is done, rejects with the failure. */
  readonly done: Promise<void>;
  /** The bytes that have come and that no step has received yet. */
  readonly pending = new ByteBuffer();
  /** The bytes that were received last. */
  last: Buffer = EMPTY;
  /** True once the FIN of the other side, and everything before it, has come. */
  ended = false;
  failure: AssertionError | undefined;
  /** Where it was started. */
  private place: Place | undefined;
  private settle!: { resolve(): void; reject(error: unknown): void };
  /** The step that is played. */
  private at = 0;
  private entered = false;
  private playing = false;
  /** The connection of the script, and that of the code under test, if it is known. */
  private own: Connection | undefined;
  private others: Connection | undefined;
  private release: (() => void) | undefined;
  private reading: Subscription | undefined;
  private timer: Subscription | undefined;

  /**
   * @param timeout - How many milliseconds a step may wait for its bytes; 0: for ever.
   * @param scheduler - The virtual time, which also throws a failure. Default: RxJS's clock, which throws none.
   */
  constructor(
    private readonly steps: readonly ScriptStep[],
    private readonly timeout: number,
    private readonly scheduler: SchedulerLike | undefined,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  get started(): boolean {
    return this.own !== undefined;
  }

  /** The peer's own connection. */
  get connection(): Connection {
    return this.own as Connection;
  }

  start(own: Connection, place: Place, others?: Connection): void {
    this.own = own;
    this.others = others;
    this.place = place;
    this.hold();
    this.reading = own.reader.subscribe({
      next: (chunk) => {
        this.pending.append(chunk);
        this.advance();
      },
      complete: () => {
        this.ended = true;
        this.advance();
      },
      error: (error) => this.lost(error),
    });
    this.advance();
  }

  /** Returns the bytes that no step has received yet, and leaves them. */
  peek(): Buffer {
    return this.pending.peek(this.pending.length);
  }

  /** Calls back later, unless the step is done before. */
  after(ms: number, task: () => void): void {
    this.timer = (this.scheduler ?? asyncScheduler).schedule(task, ms);
  }

  /** Fails the step later, unless it is done before. */
  limit(why: string): void {
    if (this.timeout > 0) this.after(this.timeout, () => void this.fail(`${why} in ${this.timeout} ms`));
  }

  /** Goes on: something has happened. */
  advance(): void {
    if (this.playing || this.failure !== undefined) return;
    this.playing = true;
    try {
      for (let step = this.steps[this.at]; step !== undefined; step = this.steps[this.at]) {
        this.enter(step);
        if (this.failed || !step.play(this) || this.failed) return;
        this.leave();
      }
      this.finish();
    } catch (error) {
      this.fail(`${error}`, { cause: error });
    } finally {
      this.playing = false;
    }
  }

  /** Something came that no step expects. */
  surprise(when: string): false {
    const seen = this.peek();
    return this.fail(`${showBytes(seen, 60)} came ${when}`, { expected: EMPTY, seen });
  }

  /** The current step can't be done. */
  fail(why: string, details?: FailureDetails): false {
    if (this.failed) return false;
    const failure = this.failureOf(why, details);
    this.failure = failure;
    this.timer?.unsubscribe();
    this.reading?.unsubscribe();
    this.settle.reject(failure);
    // The reads of the code under test fail with this error. A reset would not say why.
    this.others?.onClosed(failure);
    this.own?.reset();
    if (this.scheduler !== undefined) {
      // Virtual time is over before a promise rejects. So `flush` throws the failure.
      this.done.catch(() => {});
      this.scheduler.schedule(() => {
        throw failure;
      });
    }
    return false;
  }

  /** @throws `AssertionError` if a step failed or is left. */
  verify(): void {
    // The caller gets the failure here: the promise need not report it.
    this.done.catch(() => {});
    if (this.failure !== undefined) throw this.failure;
    if (this.at < this.steps.length) throw this.failureOf(this.started ? 'it is not done' : 'it was not played');
  }

  private get failed(): boolean {
    return this.failure !== undefined;
  }

  private enter({ receives }: ScriptStep): void {
    if (this.entered) return;
    this.entered = true;
    if (receives === false) {
      this.hold();
      return;
    }
    const expected = receives === true ? undefined : receives;
    const late = () => this.fail(`it was not received in ${this.timeout} ms`, { expected, seen: this.peek() });
    if (this.timeout > 0) this.after(this.timeout, late);
    this.letGo();
  }

  private leave(): void {
    this.timer?.unsubscribe();
    this.entered = false;
    this.at++;
  }

  private finish(): void {
    this.letGo();
    if (this.pending.length > 0) {
      this.surprise('after the last step');
      return;
    }
    this.settle.resolve();
    // The other side has ended, and the script has nothing more to write: so it ends too, as a server does after its handler.
    if (this.ended) this.connection.writer.writeEof();
  }

  private lost(error: unknown): void {
    // When all steps are done, the end of the connection is no failure.
    if (this.at === this.steps.length) return;
    this.fail(`the connection is gone: ${error}`, { cause: error });
  }

  private hold(): void {
    this.release ??= this.own?.reader.pause();
  }

  private letGo(): void {
    const { release } = this;
    this.release = undefined;
    release?.();
  }

  private failureOf(why: string, details?: FailureDetails): AssertionError {
    const failure = scriptFailure(this.steps, this.at, why, details);
    (this.steps[this.at]?.place ?? this.place)?.mark(failure);
    return failure;
  }
}
