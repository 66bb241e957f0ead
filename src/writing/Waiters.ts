import { asyncScheduler, type Subscription } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import { SocketTimeoutError } from '../errors';
import type { WaitOptions } from '../reading/ReadOptions';
import { Fifo } from './Fifo';

interface Waiter {
  readonly target: number;
  readonly settle: (error?: { readonly reason: unknown }) => void;
  settled: boolean;
}

/**
 * Any number of promises that wait until a count is reached, each with its own signal and timeout.
 *
 * The count grows, so those that wait for less come first, and a release looks at no more of them than it settles.
 */
export class Waiters {
  private readonly waiting = new Fifo<Waiter>();
  /** How many of those that wait were settled by a signal or a timeout. */
  private stale = 0;

  /** @param onSettled - Called for each promise that no longer waits. */
  constructor(private readonly onSettled: () => void = () => {}) {}

  /**
   * @param target - The count to wait for: no less than those before.
   * @param options - `signal` and `timeout` (milliseconds) of this promise alone.
   */
  wait(target: number, options: WaitOptions = {}): Promise<void> {
    const { signal, timeout = 0 } = options;
    return new Promise((resolve, reject) => {
      let timer: Subscription | undefined;
      const settle = (error?: { readonly reason: unknown }) => {
        waiter.settled = true;
        timer?.unsubscribe();
        if (signal !== undefined) AbortListeners.of(signal).delete(abort);
        if (error === undefined) resolve();
        else reject(error.reason);
        this.onSettled();
      };
      const giveUp = (reason: unknown) => {
        settle({ reason });
        this.leave();
      };
      const abort = () => giveUp(signal?.reason);
      const waiter: Waiter = { target, settle, settled: false };
      if (signal !== undefined) AbortListeners.of(signal).add(abort);
      this.waiting.push(waiter);
      if (timeout > 0) {
        timer = asyncScheduler.schedule(() => giveUp(new SocketTimeoutError('write', timeout)), timeout);
      }
    });
  }

  /** Resolves the promises that wait for `reached` or less. */
  release(reached: number): void {
    this.settleAll((target) => target <= reached);
  }

  /** Rejects all promises, each with an error of its own. */
  fail(makeError: () => Error): void {
    this.settleAll(() => true, makeError);
  }

  private settleAll(wanted: (target: number) => boolean, makeError?: () => Error): void {
    const { waiting } = this;
    for (let first = waiting.first; first !== undefined && wanted(first.target); first = waiting.first) {
      waiting.shift();
      if (first.settled) this.stale--;
      else first.settle(makeError && { reason: makeError() });
    }
  }

  /** Those that have given up are forgotten together, once they are half of all: so that each is looked at once or twice. */
  private leave(): void {
    if (++this.stale * 2 < this.waiting.length) return;
    this.waiting.keep(({ settled }) => !settled);
    this.stale = 0;
  }
}
