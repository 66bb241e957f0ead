import type { Observable, Subscriber } from 'rxjs';
import type { Connection } from '../connection/Connection';
import { subscriberFor } from '../reading/rxjs7';

/** The result of `next` when there are no more connections. */
const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Connections for `for await`, one by one: each `next` takes one connection.
 *
 * Leaving the loop resolves every pending `next`, and takes no connection.
 */
export class ConnectionIterator implements AsyncGenerator<Connection, undefined> {
  private readonly waiting: ((result: IteratorResult<Connection, undefined>) => void)[] = [];
  private taking: Subscriber<Connection> | undefined;
  private over = false;

  /** @param connections - Emits connections to its subscriber, keeps the others for later, and completes at the end. */
  constructor(private readonly connections: Observable<Connection>) {}

  next(): Promise<IteratorResult<Connection, undefined>> {
    if (this.over) return Promise.resolve(OVER);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.taking === undefined) this.take();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return OVER;
  }

  async throw(error: unknown): Promise<never> {
    this.end();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private take(): void {
    const taking = subscriberFor<Connection>({
      next: (value) => {
        const resolve = this.waiting.shift();
        if (this.waiting.length === 0) this.stop();
        resolve?.({ done: false, value });
      },
      error: () => {},
      complete: () => this.end(),
    });
    this.taking = taking;
    this.connections.subscribe(taking);
  }

  private stop(): void {
    const { taking } = this;
    this.taking = undefined;
    taking?.unsubscribe();
  }

  private end(): void {
    this.over = true;
    this.stop();
    for (const resolve of this.waiting.splice(0)) resolve(OVER);
  }
}
