import { from, isObservable, Observable, type Subscriber, type Unsubscribable } from 'rxjs';
import type { Encoder } from '../codecs/Decoder';
import { subscriberFor } from '../reading/rxjs7';
import type { StreamWriter } from '../writing/StreamWriter';
import type { WriterWatcher } from '../writing/WriterWatchers';

/** What a handler may return: a reply, a promise of one, several, or nothing. */
export type HandlerResult<Reply> =
  | Reply
  | undefined
  | void
  | Observable<Reply>
  | AsyncIterable<Reply>
  | PromiseLike<Reply | undefined | void | Observable<Reply> | AsyncIterable<Reply>>;

/** What the requests of one connection have in common. */
export interface ReplyRunOptions<Request, Reply> {
  readonly writer: StreamWriter;
  readonly codec: Encoder<Reply>;
  readonly handler: (request: Request) => HandlerResult<Reply>;
  readonly inOrder: boolean;
  readonly onError: ((error: unknown, request: Request) => Reply) | undefined;
}

/** The requests that are at work on one connection. */
export class ReplyRun<Request, Reply> {
  /** In order: those that are not answered, the first of which may write. */
  private readonly line: Answering<Request, Reply>[] = [];
  private advancing = false;
  private stopped = false;

  constructor(private readonly options: ReplyRunOptions<Request, Reply>) {}

  /** Calls the handler, and writes what it answers. Completes once that is done and the writer has room. */
  answer(request: Request): Observable<Reply> {
    return new Observable((subscriber) => {
      const answering = new Answering(request, this.options, subscriber, () => this.leave(answering));
      subscriber.add(answering);
      if (this.options.inOrder) this.line.push(answering);
      answering.call();
      if (this.options.inOrder) this.advance();
      else answering.turn();
    });
  }

  /** Nobody may write any more. */
  stop(): void {
    this.stopped = true;
  }

  private leave(answering: Answering<Request, Reply>): void {
    if (this.line[0] === answering) this.line.shift();
    this.advance();
  }

  /** It is the turn of the first one. Those that are answered at once come back here: the loop that runs takes the next one. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    for (let [first] = this.line; first?.waits && !this.stopped; [first] = this.line) first.turn();
    this.advancing = false;
  }
}

/** One request at work. */
class Answering<Request, Reply> implements WriterWatcher, Unsubscribable {
  /** What the handler has returned, or its promise resolved with; `undefined` before. */
  private result: { readonly value: unknown } | { readonly error: unknown } | undefined;
  private mayWrite = false;
  private begun = false;
  private iterator: AsyncIterator<Reply> | undefined;
  /** What goes on when the writer has room again. */
  private relieved: (() => void) | undefined;

  constructor(
    private readonly request: Request,
    private readonly options: ReplyRunOptions<Request, Reply>,
    private readonly subscriber: Subscriber<Reply>,
    private readonly left: () => void,
  ) {}

  call(): void {
    try {
      const value = this.options.handler(this.request);
      if (isPromiseLike(value)) {
        value.then(
          (resolved) => this.settle({ value: resolved }),
          (error: unknown) => this.settle({ error }),
        );
      } else {
        this.settle({ value });
      }
    } catch (error) {
      this.settle({ error });
    }
  }

  /** True until its turn has come. */
  get waits(): boolean {
    return !this.mayWrite;
  }

  /** It may write from now on. */
  turn(): void {
    this.mayWrite = true;
    this.begin();
  }

  /** Of the writer. */
  pressure(on: boolean): void {
    if (on) return;
    const { relieved } = this;
    this.relieved = undefined;
    relieved?.();
  }

  /** Of the writer, which is lost: the reader tells. */
  gone(): void {}

  unsubscribe(): void {
    this.options.writer.unwatch(this);
    this.relieved = undefined;
    const { iterator } = this;
    this.iterator = undefined;
    // Nobody waits for it, and nobody could be told of its failure.
    if (iterator !== undefined) promised(() => iterator.return?.()).catch(() => {});
    this.left();
  }

  private settle(result: NonNullable<Answering<Request, Reply>['result']>): void {
    this.result = result;
    this.begin();
  }

  private begin(): void {
    const { result } = this;
    if (result === undefined || !this.mayWrite || this.begun || this.subscriber.closed) return;
    this.begun = true;
    if ('error' in result) {
      this.failed(result.error);
    } else if (result.value === undefined) {
      this.subscriber.complete();
    } else if (isObservable(result.value)) {
      this.subscribeTo(result.value as Observable<Reply>);
    } else if (isAsyncIterable<Reply>(result.value)) {
      this.iterate(result.value);
    } else {
      this.write(result.value as Reply);
      this.done();
    }
  }

  private subscribeTo(several: Observable<Reply>): void {
    const feed = subscriberFor<Reply>({
      next: (reply) => this.write(reply),
      error: (error: unknown) => this.failed(error),
      complete: () => this.done(),
    });
    this.subscriber.add(feed);
    several.subscribe(feed);
  }

  private iterate(several: AsyncIterable<Reply>): void {
    let iterator: AsyncIterator<Reply>;
    try {
      iterator = several[Symbol.asyncIterator]();
    } catch (error) {
      this.failed(error);
      return;
    }
    this.iterator = iterator;
    this.pull(iterator);
  }

  private pull(iterator: AsyncIterator<Reply>): void {
    from(promised(() => iterator.next())).subscribe({
      next: ({ done, value }) => {
        if (this.subscriber.closed) return;
        if (done) {
          this.iterator = undefined;
          this.done();
          return;
        }
        this.write(value);
        if (!this.subscriber.closed) this.whenRelieved(() => this.pull(iterator));
      },
      error: (error: unknown) => {
        this.iterator = undefined;
        this.failed(error);
      },
    });
  }

  private write(reply: Reply): void {
    const { writer, codec } = this.options;
    try {
      writer.write(codec.encode(reply));
    } catch (error) {
      this.subscriber.error(error);
      return;
    }
    this.subscriber.next(reply);
  }

  private failed(error: unknown): void {
    const { onError } = this.options;
    if (onError === undefined) {
      this.subscriber.error(error);
      return;
    }
    let reply: Reply;
    try {
      reply = onError(error, this.request);
    } catch (thrown) {
      this.subscriber.error(thrown);
      return;
    }
    this.write(reply);
    this.done();
  }

  private done(): void {
    this.whenRelieved(() => this.subscriber.complete());
  }

  /** At once, where there is no pressure. */
  private whenRelieved(task: () => void): void {
    const { writer } = this.options;
    if (!writer.pressured) {
      task();
      return;
    }
    this.relieved = task;
    writer.whenRelieved(this);
  }
}

/** A promise of what a function returns or throws. */
async function promised<T>(call: () => T | PromiseLike<T>): Promise<T> {
  return call();
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

function isAsyncIterable<T>(value: unknown): value is AsyncIterable<T> {
  return typeof (value as AsyncIterable<T> | null)?.[Symbol.asyncIterator] === 'function';
}
