/**
 * A script that is being written, and then played on one connection.
 *
 *     writing ── connect(), on() ──► playing ── step after step ──► over: whatever comes now is a surprise, FIN is answered
 *                                       │                             │
 *                                       └── surprise, silence, end ───┴──► failed: the connection is ended
 *
 * It reads only while a step wants to receive: in between, the other side feels the pressure of a peer that is busy.
 * Nothing of it is a promise but `done`, so that virtual time drives it.
 *
 * The file is long because each step says here what it does; half of it is documentation.
 */
import { AssertionError } from 'node:assert';
import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { assertTimeout } from '../assertTimeout';
import { ByteBuffer } from '../ByteBuffer';
import type { Connection } from '../Connection';
import { untilDecoder } from '../codecs/untilDecoder';
import { type ConnectionPairOptions, connectionPair } from '../connectionPair';
import { Needle, type Separator } from '../Needle';
import { diffBytes } from './diffBytes';
import { differenceOf } from './differenceOf';
import { Place } from './Place';
import { showBytes } from './showBytes';

interface Step {
  /** As it was written. */
  readonly text: string;
  /** What it receives, where it waits for the other side: bytes, or `true` where they can't be told. */
  readonly receives: Uint8Array | boolean;
  /** Does what can be done now; true once that is all. */
  play(): boolean;
  readonly place: Place;
}

const EMPTY = Buffer.alloc(0);
/** How many bytes of a step are shown in the list of steps. */
const SHOWN = 60;
/** How many steps are shown before and after the one that failed. */
const STEPS = 5;

export class PeerScript {
  /** Resolves when every step is done, rejects with the `AssertionError` that says why one can't be. */
  readonly done: Promise<void>;
  private settle!: { resolve(): void; reject(error: unknown): void };
  private readonly steps: Step[] = [];
  /** The step that is played. */
  private at = 0;
  private entered = false;
  private playing = false;
  /** The connection that the script plays on, and that of the code that is tested, where it was made here. */
  private own: Connection | undefined;
  private others: Connection | undefined;
  /** What has come and was not yet expected. */
  private readonly pending = new ByteBuffer();
  private last: Buffer = EMPTY;
  private ended = false;
  private release: (() => void) | undefined;
  private reading: Subscription | undefined;
  private timer: Subscription | undefined;
  private failure: AssertionError | undefined;
  private begun: Place | undefined;

  /** @internal Scripts come from `scriptedPeer`. */
  constructor(
    private readonly timeout: number,
    private readonly scheduler: SchedulerLike | undefined,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  /** These bytes come next, in whatever chunks. */
  receives(expected: string | Uint8Array): this {
    const bytes = bytesOf(expected);
    return this.step(this.receives, `receives ${showBytes(bytes, SHOWN)}`, bytes, () => {
      const seen = this.pending.peek(Math.min(bytes.length, this.pending.length));
      const short = seen.length < bytes.length;
      const difference = differenceOf(seen, short ? bytes.subarray(0, seen.length) : bytes);
      if (difference !== undefined) return this.fail(difference, bytes, this.pending.peek(this.pending.length));
      if (!short) this.last = this.pending.take(bytes.length);
      else if (this.ended) this.fail(`the other side ended after ${seen.length} of ${bytes.length} bytes`, bytes, seen);
      return !short;
    });
  }

  /**
   * Bytes come next that can't be told in full, through the next separator.
   *
   * @param separator - One, or several: the match that ends first counts.
   * @param check - What they must match as text; or a function of them that answers `false` or throws where they are wrong.
   */
  receivesUntil(separator: Separator, check?: RegExp | ((bytes: Buffer) => unknown)): this {
    const decoder = untilDecoder(Needle.list(separator));
    const names = (Array.isArray(separator) ? separator : [separator]).map((one) => showBytes(bytesOf(one), SHOWN));
    const text = `receivesUntil ${names.join(', ')}${check instanceof RegExp ? ` ${check}` : ''}`;
    return this.step(this.receivesUntil, text, true, () => {
      const record = decoder.decode(this.pending, this.ended);
      if (record === undefined) {
        if (this.ended)
          this.fail(`the other side ended after ${showBytes(this.pending.peek(this.pending.length), SHOWN)}`);
        return false;
      }
      this.last = record;
      if (check instanceof RegExp ? check.test(`${record}`) : check === undefined || check(record) !== false)
        return true;
      return this.fail(`${showBytes(record, SHOWN)} is not as it must be`);
    });
  }

  /** Sends bytes, or what a function makes of those that were received last. */
  sends(bytes: string | Uint8Array | ((received: Buffer) => string | Uint8Array)): this {
    const fixed = typeof bytes === 'function' ? undefined : bytesOf(bytes);
    const text = fixed === undefined ? 'an answer' : showBytes(fixed, SHOWN);
    return this.step(this.sends, `sends ${text}`, false, () => {
      this.own?.writer.write(typeof bytes === 'function' ? bytes(this.last) : (fixed as Buffer));
      return true;
    });
  }

  /** Does nothing for so many milliseconds, and reads nothing. */
  wait(ms: number): this {
    assertTimeout('ms', ms);
    let over = false;
    let begun = false;
    return this.step(this.wait, `wait ${ms} ms`, false, () => {
      if (!begun) {
        begun = true;
        this.timer = this.clock.schedule(() => {
          over = true;
          this.advance();
        }, ms);
      }
      return over;
    });
  }

  /** The other side's FIN comes next. */
  receivesFin(): this {
    return this.step(this.receivesFin, 'receivesFin', true, () => {
      if (this.pending.length > 0) return this.surprise('instead');
      return this.ended;
    });
  }

  /** Sends FIN; the other side may go on. */
  fin(): this {
    return this.step(this.fin, 'fin', false, () => {
      this.own?.writer.writeEof();
      return true;
    });
  }

  /** Resets the connection: the other side sees `ECONNRESET`. */
  reset(): this {
    return this.step(this.reset, 'reset', false, () => {
      this.own?.reset();
      return true;
    });
  }

  /**
   * Plays the script in memory.
   *
   * @param options - Of both ends: those of `connectionPair`.
   * @returns The connection of the code that is tested.
   */
  connect(options: ConnectionPairOptions = {}): Connection {
    const { scheduler = this.scheduler } = options;
    const [others, own] = connectionPair({ ...options, scheduler });
    this.others = others;
    this.play(own, this.connect);
    return others;
  }

  /**
   * Plays the script on a connection that there is: of a server's handler, or to a live server.
   *
   * @throws Error - If it is played already.
   */
  on(connection: Connection): this {
    return this.play(connection, this.on);
  }

  /**
   * Tells whether all went as written, by now.
   *
   * @throws `AssertionError` if something did not, if steps are left, or if something came after the last one.
   */
  verify(): void {
    // Who is told here need not be told by the promise.
    this.done.catch(() => {});
    if (this.failure !== undefined) throw this.failure;
    if (this.at < this.steps.length)
      throw this.errorOf(this.own === undefined ? 'it was not played' : 'it is not done');
  }

  private play(connection: Connection, method: (...args: never[]) => unknown): this {
    if (this.own !== undefined)
      throw new Error('Cannot play the script: it is played already, and a script is played once');
    this.own = connection;
    this.begun = new Place(method);
    this.hold();
    this.reading = connection.reader.subscribe({
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
    return this;
  }

  private get clock(): SchedulerLike {
    return this.scheduler ?? asyncScheduler;
  }

  private get over(): boolean {
    return this.at === this.steps.length;
  }

  private step(
    method: (...args: never[]) => this,
    text: string,
    receives: Step['receives'],
    play: () => boolean,
  ): this {
    if (this.own !== undefined) throw new Error(`Cannot add ${text} to the script: it is being played`);
    this.steps.push({ text, receives, play, place: new Place(method) });
    return this;
  }

  private advance(): void {
    if (this.playing || this.failure !== undefined) return;
    this.playing = true;
    try {
      for (let step = this.steps[this.at]; step !== undefined; step = this.steps[this.at]) {
        this.enter(step);
        if (this.failure !== undefined || !step.play() || this.failure !== undefined) return;
        this.leave();
      }
      this.finish();
    } catch (error) {
      this.fail(`${error}`, undefined, undefined, error);
    } finally {
      this.playing = false;
    }
  }

  private enter({ receives }: Step): void {
    if (this.entered) return;
    this.entered = true;
    if (receives === false) {
      this.hold();
      return;
    }
    if (this.timeout > 0) {
      const expected = receives === true ? undefined : receives;
      const seen = () => this.pending.peek(this.pending.length);
      const late = () => this.fail(`it was not received in ${this.timeout} ms`, expected, seen());
      this.timer = this.clock.schedule(late, this.timeout);
    }
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
    // As a server does whose handler is done: the other side has ended, and nobody here will write any more.
    if (this.ended) this.own?.writer.writeEof();
  }

  private lost(error: unknown): void {
    // We have ended it ourselves, or the other side has when nothing was to come of it any more.
    if (this.over || this.steps[this.at]?.text === 'reset') return;
    this.fail(`the connection is gone: ${error}`, undefined, undefined, error);
  }

  private hold(): void {
    this.release ??= this.own?.reader.pause();
  }

  private letGo(): void {
    const { release } = this;
    this.release = undefined;
    release?.();
  }

  private surprise(when: string): false {
    const seen = this.pending.peek(this.pending.length);
    return this.fail(`${showBytes(seen, SHOWN)} came ${when}`, EMPTY, seen);
  }

  private fail(why: string, expected?: Uint8Array, seen?: Uint8Array, cause?: unknown): false {
    if (this.failure !== undefined) return false;
    const failure = this.errorOf(why, expected, seen, cause);
    this.failure = failure;
    this.timer?.unsubscribe();
    this.reading?.unsubscribe();
    this.settle.reject(failure);
    // What the code that is tested waits for fails with this, not with a reset that says nothing.
    this.others?.onClosed(failure);
    this.own?.reset();
    if (this.scheduler !== undefined) {
      // Virtual time is over before a promise rejects: who flushes is told.
      this.done.catch(() => {});
      this.scheduler.schedule(() => {
        throw failure;
      });
    }
    return false;
  }

  private errorOf(why: string, expected?: Uint8Array, seen?: Uint8Array, cause?: unknown): AssertionError {
    const step = this.steps[this.at];
    const where = step === undefined ? 'its end' : `step ${this.at + 1} of ${this.steps.length}, ${step.text}`;
    const parts = [`Cannot go on with the script at ${where}: ${why}`];
    if (seen !== undefined && expected !== undefined) parts.push(indented(diffBytes(expected ?? EMPTY, seen)));
    parts.push(this.list());
    // 'fail' keeps test runners from printing two sides again that are none.
    const error = new AssertionError({ message: parts.join('\n\n'), operator: 'fail' });
    if (cause !== undefined) error.cause = cause;
    (step?.place ?? this.begun)?.mark(error);
    return error;
  }

  private list(): string {
    const first = Math.max(0, this.at - STEPS);
    const shown = this.steps.slice(first, this.at + STEPS + 1);
    const lines = shown.map(({ text }, i) => `${first + i === this.at ? '>' : ' '} ${first + i + 1}. ${text}`);
    if (this.over) lines.push('> the end');
    return lines.join('\n');
  }
}

function bytesOf(bytes: string | Uint8Array): Buffer {
  if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot use a value of type ${typeof bytes} as bytes: it must be a string or a Uint8Array`);
  }
  return Buffer.from(bytes as string);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
