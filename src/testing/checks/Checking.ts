import { setImmediate } from 'node:timers';
import type { Connection } from '../../connection/Connection';
import { describeDifference } from '../describeDifference';
import { firstDifference } from '../firstDifference';
import { showInLine as show } from '../showInLine';

/** What something failed with, as far as a check looks at it. */
type Failure = Error & { readonly code?: unknown; readonly cause?: unknown };

/** A check at work: two ends, and words for what they are to do. */
export class Checking {
  /** What is waited for, for the message if it does not come. */
  step = 'it began';
  /** Set when the check has failed, or has taken too long: nothing is waited for any more. */
  over = false;

  constructor(
    readonly near: Connection,
    readonly far: Connection,
    /** Whether a peer can see a reset as one. */
    readonly resets: boolean,
  ) {}

  /** Waits for a promise. */
  wait<T>(what: string, promise: Promise<T>): Promise<T> {
    this.step = what;
    return promise;
  }

  /** Lets the event loop turn until something is true. */
  async until(what: string, condition: () => boolean): Promise<void> {
    this.step = what;
    while (!condition()) {
      if (this.over) throw new Error(`Cannot wait until ${what}: the check is over`);
      await this.turns(1);
    }
  }

  /** Lets the event loop turn so many times. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What a promise rejects with. It may be given long before it is awaited. */
  failureOf(what: string, promise: Promise<unknown>): Promise<Failure> {
    const failure = promise.then(
      (value: unknown) => {
        throw new Error(`${what} does not fail, and gives ${show(value)}`);
      },
      (error: Failure) => error,
    );
    failure.catch(() => {});
    return failure;
  }

  /** What a call throws. */
  thrownBy(what: string, call: () => unknown): Failure {
    let value: unknown;
    try {
      value = call();
    } catch (error) {
      return error as Failure;
    }
    throw new Error(`${what} does not throw, and gives ${show(value)}`);
  }

  /** Compares; expected text means its bytes, where bytes were found. */
  expect(what: string, found: unknown, expected: unknown): void {
    if (describeDifference(found, expected) === undefined) return;
    throw new Error(`${what}: there is ${show(found)}, and there should be ${show(expected)}`);
  }

  /** Compares many bytes, and says where they begin to differ. */
  expectBytes(what: string, found: Buffer, expected: Buffer): void {
    if (found.equals(expected)) return;
    throw new Error(
      `${what}: there are ${found.length} bytes, and there should be ${expected.length}` +
        `, which differ from byte ${firstDifference(found, expected)} on`,
    );
  }
}
