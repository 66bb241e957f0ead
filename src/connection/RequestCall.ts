import { AbortListeners } from '../AbortListeners';
import type { Limited } from './Deadlines';
import type { RequestLink } from './RequestLink';

/** What has to know that a call gives up. */
export interface CallOwner<Request, Reply> {
  /** Its time is up; for one that is still in line for its reply, once more after that. */
  expired(call: RequestCall<Request, Reply>): void;
  /** Its signal was aborted; the promise is rejected. */
  aborted(call: RequestCall<Request, Reply>): void;
}

/** How a call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
  readonly idempotent: boolean;
}

/**
 * One request on its way.
 *
 *     waiting ── sent ──► in flight ── reply ──► answered
 *        │                   └─ timeout, abort ──► settled: its reply, if it comes, is late
 *        └─ timeout, abort ──► settled
 */
export class RequestCall<Request, Reply> implements Limited {
  deadline = 0;
  limited = false;
  /** True once the promise is. */
  settled = false;
  /** The connection that it was sent over. */
  link: RequestLink<Request, Reply> | undefined;
  /** Under which its reply is found. */
  key: unknown;
  /** True once it was sent for the second time. */
  resent = false;
  /** True while a reply that did not come in time is waited for as long again. */
  overdue = false;

  constructor(
    readonly value: Request,
    /** `'send'` wants no reply; the end of a `'heartbeat'` without one is the end of the connection. */
    readonly kind: 'request' | 'send' | 'heartbeat',
    readonly options: CallOptions,
    private readonly owner: CallOwner<Request, Reply>,
    private readonly resolve: (reply: Reply) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    if (options.signal !== undefined) AbortListeners.of(options.signal).add(this);
  }

  answer(reply: Reply): void {
    this.settle();
    this.resolve(reply);
  }

  fail(error: unknown): void {
    this.settle();
    this.reject(error);
  }

  /** Of `Deadlines`. */
  expire(): void {
    this.owner.expired(this);
  }

  /** Of the signal. */
  handleEvent(): void {
    this.fail(this.options.signal?.reason);
    this.owner.aborted(this);
  }

  private settle(): void {
    this.settled = true;
    if (this.options.signal !== undefined) AbortListeners.of(this.options.signal).delete(this);
  }
}
