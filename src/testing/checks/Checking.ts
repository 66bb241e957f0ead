import { setImmediate } from 'node:timers';
import type { Connection } from '../../connection/Connection';
import { describeDifference } from '../describeDifference';
import { diffBytes } from '../diffBytes';
import { firstDifference } from '../firstDifference';
import { showInLine as show } from '../showInLine';

/** An error, with the fields that a check looks at. */
type Failure = Error & { readonly code?: unknown; readonly cause?: unknown };

/** A running check: two ends, and helpers with messages. */
export class Checking {
  /** What the check waits for, for the message if it does not come. */
  step = 'it began';
  /** Set when the check has failed or has taken too long: it waits for nothing any more. */
  over = false;

  constructor(
    readonly near: Connection,
    readonly far: Connection,
    /** Whether a peer can see a reset as a reset. */
    readonly resets: boolean,
    /** More bytes than fit between the ends while one does not read. */
    readonly tooMuch: number,
  ) {}

  /** Waits for a promise. */
  wait<T>(what: string, promise: Promise<T>): Promise<T> {
    this.step = what;
    return promise;
  }

  /** Waits, turn by turn of the event loop, until something is true. */
  async until(what: string, condition: () => boolean): Promise<void> {
    this.step = what;
    while (!condition()) {
      if (this.over) throw new Error(`Cannot wait until ${what}: the check is over`);
      await this.turns(1);
    }
  }

  /** Waits for this many turns of the event loop. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The error that a promise rejects with. You may await it much later. */
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

  /** The error that a call throws. */
  thrownBy(what: string, call: () => unknown): Failure {
    let value: unknown;
    try {
      value = call();
    } catch (error) {
      return error as Failure;
    }
    throw new Error(`${what} does not throw, and gives ${show(value)}`);
  }

  /** Compares two values, or bytes with a string. */
  expect(what: string, found: unknown, expected: unknown): void {
    if (found instanceof Uint8Array && typeof expected === 'string' && found.length > 0 && expected.length > 0) {
      this.expectBytes(what, Buffer.from(found), Buffer.from(expected));
      return;
    }
    if (describeDifference(found, expected) === undefined) return;
    throw new Error(`${what}: there is ${show(found)}, and there should be ${show(expected)}`);
  }

  /** Compares many bytes, and shows those where they begin to differ. */
  expectBytes(what: string, found: Buffer, expected: Buffer): void {
    if (found.equals(expected)) return;
    throw new Error(
      `${what}: there are ${found.length} bytes, and there should be ${expected.length}` +
        `, which differ from byte ${firstDifference(found, expected)} on\n${diffBytes(expected, found)}`,
    );
  }
}
