import { asyncScheduler, type Subscription } from 'rxjs';
import { AbortListeners } from '../AbortListeners';
import { SocketTimeoutError } from '../errors';
import type { WaitOptions } from '../reading/ReadOptions';

interface Waiter {
  readonly target: number;
  readonly settle: (error?: { readonly reason: unknown }) => void;
}

/** Any number of promises that wait until a count is reached, each with its own signal and timeout. */
export class Waiters {
  private waiting = new Set<Waiter>();

  /** @param onSettled - Called for each promise that no longer waits. */
  constructor(private readonly onSettled: () => void = () => {}) {}

  /**
   * @param target - The count to wait for.
   * @param options - `signal` and `timeout` (milliseconds) of this promise alone.
   */
  wait(target: number, options: WaitOptions = {}): Promise<void> {
    const { signal, timeout = 0 } = options;
    return new Promise((resolve, reject) => {
      let timer: Subscription | undefined;
      const settle = (error?: { readonly reason: unknown }) => {
        this.waiting.delete(waiter);
        timer?.unsubscribe();
        if (signal !== undefined) AbortListeners.of(signal).delete(abort);
        if (error === undefined) resolve();
        else reject(error.reason);
        this.onSettled();
      };
      const abort = () => settle({ reason: signal?.reason });
      const waiter = { target, settle };
      if (signal !== undefined) AbortListeners.of(signal).add(abort);
      this.waiting.add(waiter);
      if (timeout > 0) {
        timer = asyncScheduler.schedule(() => settle({ reason: new SocketTimeoutError('write', timeout) }), timeout);
      }
    });
  }

  /** Resolves the promises that wait for `reached` or less. */
  release(reached: number): void {
    for (const waiter of this.waiting) if (waiter.target <= reached) waiter.settle();
  }

  /** Rejects all promises, each with an error of its own. */
  fail(makeError: () => Error): void {
    for (const waiter of this.waiting) waiter.settle({ reason: makeError() });
  }
}
