import { isObservable, type Observable, type Observer, Subscriber, type Subscription, UnsubscriptionError } from 'rxjs';
import type { Connection } from '../connection/Connection';
import { defaults } from '../defaults';
import { SocketTimeoutError } from '../errors';
import type { Server } from './Server';

/**
 * One call of a handler. It lasts until the returned promise settles or the returned Observable ends.
 *
 *     running ── returns nothing, settles, completes ──► done: the connection is closed (with nothing: left open)
 *       │ ├───── fails with the reason of `connection.draining` ──► done, as if it had completed
 *       │ ├───── throws, rejects, errors, its teardown throws ──► done: reported, the connection is destroyed
 *       │ └───── the server's time to close is over ──► given up, reported: an Observable is unsubscribed
 *       └─ the connection of an Observable is gone ──► left: it works on the bytes that arrived
 *                                                        └─ goes on for 5 s without a read ──► given up, reported
 *
 * It is an object and not a few closures, because there is one for each connection.
 */
export class HandlerRun implements Observer<unknown> {
  private subscription: Subscriber<unknown> | undefined;
  private timer: Subscription | undefined;
  private done = false;

  constructor(
    readonly connection: Connection,
    private readonly server: Server,
  ) {}

  start(handler: (connection: Connection) => unknown): void {
    const { connection, server } = this;
    connection.reader.input.guard = this;
    try {
      const served = handler(connection);
      if (isObservable(served)) this.follow(served);
      else if (isThenable(served)) {
        server.handlerBegan(this);
        // A thenable may throw or settle twice. A promise settles once.
        Promise.resolve(served).then(
          () => this.resolved(),
          (error: unknown) => this.error(error),
        );
      }
    } catch (error) {
      this.error(error);
    }
  }

  /** Of the handler's Observable. Its values are ignored. */
  next(): void {}

  /** The handler has failed. If several teardowns throw, each is a failure. */
  error(error: unknown): void {
    if (this.connection.saysDrained(error)) {
      this.complete();
      return;
    }
    const errors: readonly unknown[] = error instanceof UnsubscriptionError ? error.errors : [error];
    for (const one of errors) this.server.handlerFailed(one, this.connection);
    this.finish();
  }

  /** Of the handler's Observable or promise. */
  complete(): void {
    void this.connection.close();
    this.finish();
  }

  /** Stops waiting for the handler. An Observable is unsubscribed; a promise can't be cancelled. */
  giveUp(): void {
    this.finish();
    this.subscription?.unsubscribe();
  }

  private follow(served: Observable<unknown>): void {
    this.server.handlerBegan(this);
    const subscription = new Serving(this);
    this.subscription = subscription;
    subscription.begin(served);
    if (!this.done) this.connection.whenClosed(() => this.wait());
  }

  private resolved(): void {
    const { connection, server } = this;
    if (connection.reader.input.open && connection.reader.input.reading) server.warnOfReading();
    this.complete();
  }

  private finish(): void {
    this.done = true;
    this.timer?.unsubscribe();
    this.server.handlerDone(this);
  }

  /** The connection is gone before the Observable is done. The Observable may still have work that needs no read. */
  private wait(): void {
    if (this.done) return;
    const { connection, server } = this;
    const timeout = defaults.handlerTimeout;
    this.timer = server.timers.schedule(() => {
      const { input } = connection.reader;
      if (!input.isQuiet) {
        input.whenQuiet(() => this.wait());
        return;
      }
      server.handlerFailed(new SocketTimeoutError('handler', timeout), connection);
      this.giveUp();
    }, timeout);
  }
}

/** The subscription of a handler's Observable. What its teardown throws goes to the run, and not to the source. */
class Serving extends Subscriber<unknown> {
  private subscribing = false;

  constructor(private readonly run: HandlerRun) {
    super(run);
  }

  begin(served: Observable<unknown>): void {
    this.subscribing = true;
    served.subscribe(this);
    this.subscribing = false;
  }

  override error(error: unknown): void {
    // If the Observable completed inside `subscribe`, RxJS adds its teardown only now, and would drop this error.
    if (this.subscribing && this.closed) this.run.error(error);
    else super.error(error);
  }

  override unsubscribe(): void {
    try {
      super.unsubscribe();
    } catch (error) {
      this.run.error(error);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
