/**
 * RxJS's `TestScheduler` with sockets, promises and the timers of Node.js in its virtual time.
 *
 * The file is long because the helpers that a test gets are members, with their documentation.
 */
import { AssertionError } from 'node:assert';
import { catchError, map, Observable, throwError } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { anyError } from '../anyError';
import { assertTimes } from '../assertTimes';
import { copyBytes } from '../copyBytes';
import { onEachTask } from '../onEachTask';
import { Place } from '../Place';
import type { PeerScript } from '../scripts/PeerScript';
import { type ScriptedPeerOptions, scriptedPeer } from '../scripts/scriptedPeer';
import { addToMessage } from '../time/addToMessage';
import { beginRun } from '../time/beginRun';
import { ConnectionLog } from '../time/ConnectionLog';
import { describeHang } from '../time/describeHang';
import { hang } from '../time/hang';
import { insertTasks } from '../time/insertTasks';
import { keepClocks } from '../time/keepClocks';
import { leftBehind } from '../time/leftBehind';
import { osRequests } from '../time/osRequests';
import { PromiseLog } from '../time/PromiseLog';
import { playTime } from '../time/playTime';
import { Rejections } from '../time/Rejections';
import { assertMarbles } from './assertMarbles';
import type { MarbleChunks } from './marbleChunks';
import { type MarbleConnection, type MarbleConnectionOptions, marbleConnection } from './marbleConnection';
import { parseDiagram } from './parseDiagram';
import { scheduleInParts } from './scheduleInParts';

/** The helpers of `run`, besides RxJS's own. */
export interface MarbleHelpers extends RunHelpers {
  readonly scheduler: MarbleScheduler;
  /** A connection in this virtual time: see `marbleConnection`. */
  connection(
    marbles?: string | Observable<Uint8Array>,
    chunks?: MarbleChunks,
    options?: MarbleConnectionOptions,
  ): MarbleConnection;
  /** A script that is played in this virtual time, and verified when `run` is over: see `scriptedPeer`. */
  peer(options?: ScriptedPeerOptions): PeerScript;
}

/**
 * RxJS's `TestScheduler`, for bytes.
 *
 * - `expectObservable` copies each value at once, so that a buffer that is used again can't change it.
 * - It compares with `assertMarbles`, which prints both time lines with legible bytes.
 * - In `toBe`, a letter without a value is its own text, also if other letters have values. A `#` without an error is any error.
 * - A failure points to its `toBe`, and an `expectObservable` without one is a failure.
 * - A timer that nobody clears is an error, where RxJS's own would never come to an end.
 * - `run` has `connection` and `peer`. It may be given an async function: then it returns a promise, and time moves only when all
 *   promises that could go on have gone on.
 *
 * @example
 * ```ts
 * import { MarbleScheduler } from 'rxjs-tcp/testing';
 *
 * const scheduler = new MarbleScheduler();
 * scheduler.run(({ connection, expectObservable }) => {
 *   expectObservable(connection('a-b|').reader).toBe('a-b|');
 * });
 * console.log('passed'); // → passed
 * ```
 * @param assertDeepEqual - The comparison. Default: `assertMarbles`.
 */
export class MarbleScheduler extends TestScheduler {
  /** How many tasks a test may schedule. With more, a timer is probably never cleared. */
  maxTasks = 1_000_000;
  private tasks = 0;
  /** Whether a test with promises is on: begun, and then driven by `playTime`. */
  private state: 'synchronous' | 'begun' | 'driven' = 'synchronous';
  /** What is expected and was not compared yet, in order; `said` once it has its `toBe`, and where that was written. */
  private expectations: { place: Place; said: boolean }[] = [];

  constructor(assertDeepEqual: (actual: unknown, expected: unknown) => boolean | void = assertMarbles) {
    super(assertDeepEqual);
    insertTasks(this);
    onEachTask(this, () => {
      if (++this.tasks <= this.maxTasks) return;
      throw new Error(
        `Cannot end the test: ${this.maxTasks} tasks were scheduled by ${this.frame} ms, so a timer is never cleared`,
      );
    });
    this.assertDeepEqual = (actual, expected) => {
      // RxJS compares the expectations with a `toBe` in their order.
      const expectation = this.expectations.find(({ said }) => said);
      this.expectations = this.expectations.filter((other) => other !== expectation);
      try {
        return assertDeepEqual(actual, expected);
      } catch (error) {
        if (error instanceof AssertionError) expectation?.place.mark(error);
        throw error;
      }
    };
  }

  /** As RxJS's, with bytes copied as they come; what is expected must be said by `toBe` or `toEqual`. */
  override expectObservable<T>(
    observable: Observable<T>,
    subscriptionMarbles: string | null = null,
  ): { toBe(marbles: string, values?: unknown, error?: unknown): void; toEqual(other: Observable<T>): void } {
    const { toBe, toEqual } = super.expectObservable(copied(observable), subscriptionMarbles);
    const test = (this as unknown as { flushTests: { expected?: unknown }[] }).flushTests.at(-1);
    const placed = this.expectation(this.expectObservable);
    return {
      toBe: placed((marbles: string, values?: unknown, error: unknown = anyError) => {
        assertTimes(marbles);
        const letters = Object.fromEntries([...marbles].map((letter) => [letter, letter]));
        const all = copyBytes(typeof values === 'object' ? { ...letters, ...values } : letters);
        const long = test !== undefined && isLong(marbles);
        toBe(long ? '' : marbles, all, error);
        if (long) test.expected = parseDiagram(marbles, all, error, true);
      }),
      toEqual: placed((other: Observable<T>) => toEqual(copied(other))),
    };
  }

  /** As RxJS's, and as quick for a long diagram. */
  override createColdObservable<T = string>(
    marbles: string,
    values?: { [marble: string]: T },
    error?: unknown,
  ): ReturnType<typeof TestScheduler.prototype.createColdObservable<T>> {
    if (!isLong(marbles)) return super.createColdObservable(marbles, values, error);
    const cold = super.createColdObservable<T>('', values, error);
    cold.messages = parseDiagram(marbles, values, error);
    cold.scheduleMessages = (subscriber) => scheduleInParts(this, cold.messages, subscriber);
    return cold;
  }

  /** As RxJS's; a failure points to its `toBe`. */
  override expectSubscriptions(
    logs: Parameters<TestScheduler['expectSubscriptions']>[0],
  ): ReturnType<TestScheduler['expectSubscriptions']> {
    const { toBe } = super.expectSubscriptions(logs);
    return { toBe: this.expectation(this.expectSubscriptions)(toBe) };
  }

  /** Notes an expectation. It wraps `toBe` and `toEqual`, so that a failure points to their call. */
  private expectation(
    method: (...args: never[]) => unknown,
  ): <A extends unknown[]>(say: (...args: A) => void) => (...args: A) => void {
    const expectation = { place: new Place(method), said: false };
    this.expectations.push(expectation);
    return (say) => {
      const said = (...args: Parameters<typeof say>) => {
        expectation.place = new Place(said);
        expectation.said = true;
        say(...args);
      };
      return said;
    };
  }

  /** Runs what is to come; while a test with promises goes on, that is up to the run. */
  override flush(): void {
    if (this.state === 'begun') return;
    if (this.state === 'driven') {
      throw new Error('Cannot flush in a test with promises: await a sleep, and time goes on with all that waits');
    }
    super.flush();
  }

  /**
   * Runs a test in virtual time, in which a frame is a millisecond.
   *
   * @returns What the test returns; of one that returns a promise, a promise of that.
   */
  override run<T>(callback: (helpers: MarbleHelpers) => T): T {
    const end = beginRun(this);
    const requests = osRequests();
    const promises = new PromiseLog();
    const connections = new ConnectionLog();
    const unwatch = connections.start();
    const over = () => {
      this.state = 'synchronous';
      promises.stop();
      unwatch();
      end();
    };
    let test: PromiseLike<unknown> | undefined;
    let resume: (() => () => void) | undefined;
    const peers: PeerScript[] = [];
    this.tasks = 0;
    try {
      const result = super.run((helpers) => {
        const returned = callback({ ...helpers, scheduler: this, ...this.helpers(peers) });
        if (isPromise(returned)) {
          test = returned;
          promises.forgets = true;
          resume = keepClocks(this);
          this.state = 'begun';
        }
        return returned;
      });
      if (test === undefined) {
        this.conclude(peers);
        return result;
      }
    } catch (error) {
      throw addToMessage(error, leftBehind(promises));
    } finally {
      if (test === undefined) over();
    }
    const clocks = (resume as unknown as () => () => void)();
    const report = () => describeHang(connections.lines, promises.pending);
    const work = test;
    return promises.leaveOut(() =>
      this.goOn(work, peers, requests, report).finally(() => {
        clocks();
        over();
      }),
    ) as T;
  }

  /** Lets a test with promises go on to its end, then compares. */
  private async goOn<T>(
    test: PromiseLike<T>,
    peers: readonly PeerScript[],
    requests: number,
    report: () => string,
  ): Promise<T> {
    this.state = 'driven';
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    test.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    const rejections = new Rejections();
    const over = () => {
      rejections.throwFirst();
      return outcome !== undefined && ('error' in outcome || this.actions.length === 0);
    };
    try {
      await playTime(this, { over, until: Number.POSITIVE_INFINITY, requests });
    } catch (error) {
      this.actions.length = 0;
      throw error;
    } finally {
      rejections.stop();
    }
    const settled = outcome as { readonly value: T } | { readonly error: unknown } | undefined;
    if (settled === undefined) {
      const failed = peers.find((peer) => peer.failure !== undefined)?.failure;
      throw failed ?? hang(`Cannot end the test: nothing more happens after ${this.now()} ms, and it waits`, report());
    }
    this.actions.length = 0;
    if ('error' in settled) throw settled.error;
    this.state = 'synchronous';
    this.maxFrames = this.frame;
    super.flush();
    this.conclude(peers);
    return settled.value;
  }

  private helpers(peers: PeerScript[]): Pick<MarbleHelpers, 'connection' | 'peer'> {
    return {
      connection: (...args) => marbleConnection(this, ...args),
      peer: (options) => {
        const script = scriptedPeer({ scheduler: this, ...options });
        peers.push(script);
        return script;
      },
    };
  }

  /** Fails if an expectation has no `toBe`, or if a script is not done. */
  private conclude(peers: readonly PeerScript[]): void {
    const [unsaid] = this.expectations;
    this.expectations = [];
    if (unsaid !== undefined) {
      const error = new AssertionError({
        message: 'Cannot compare: neither toBe nor toEqual was called',
        operator: 'fail',
      });
      unsaid.place.mark(error);
      throw error;
    }
    for (const script of peers) script.verify();
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function';
}

/** The same, with what it emits as it was then. */
function copied<T>(observable: Observable<T>): Observable<T> {
  return observable.pipe(
    map((value) => (value instanceof Observable ? (copied(value) as T) : copyBytes(value))),
    catchError((error) => throwError(() => copyBytes(error))),
  );
}

/** Whether a diagram of `run` is read by `parseDiagram`. Outside of `run`, a frame is not a millisecond, and there are no times. */
function isLong(marbles: string): boolean {
  return marbles.length > 1000 && TestScheduler.frameTimeFactor === 1;
}
