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
import { assertMarbles } from './assertMarbles';
import { insertInOrder } from './insertInOrder';
import type { MarbleChunks } from './marbleChunks';
import { type MarbleConnection, type MarbleConnectionOptions, marbleConnection } from './marbleConnection';
import { isLong, parseDiagram } from './parseDiagram';
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
 * - A timer that is never cleared is an error. With RxJS's own scheduler, the test would never end.
 * - `run` has `connection` and `peer`, and refuses a test that returns a promise: its time would be over before it goes on.
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
  /** The expectations that were not compared yet, in order: `said` once there is a `toBe`, and the place of that. */
  private expectations: { place: Place; said: boolean }[] = [];

  constructor(assertDeepEqual: (actual: unknown, expected: unknown) => boolean | void = assertMarbles) {
    super(assertDeepEqual);
    insertInOrder(this);
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

  /** Runs a test in virtual time, in which a frame is a millisecond. */
  override run<T>(callback: (helpers: MarbleHelpers) => T): T {
    this.tasks = 0;
    const peers: PeerScript[] = [];
    const connection: MarbleHelpers['connection'] = (...args) => marbleConnection(this, ...args);
    const peer: MarbleHelpers['peer'] = (options) => {
      const script = scriptedPeer({ scheduler: this, ...options });
      peers.push(script);
      return script;
    };
    const result = super.run((helpers) => {
      const returned = callback({ ...helpers, scheduler: this, connection, peer });
      if (typeof (returned as { then?: unknown } | undefined)?.then === 'function') {
        throw new TypeError('Cannot run a test that returns a promise: its virtual time is over before it goes on');
      }
      return returned;
    });
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
    return result;
  }
}

/** The same Observable, with a copy of each value. */
function copied<T>(observable: Observable<T>): Observable<T> {
  return observable.pipe(
    map((value) => (value instanceof Observable ? (copied(value) as T) : copyBytes(value))),
    catchError((error) => throwError(() => copyBytes(error))),
  );
}
