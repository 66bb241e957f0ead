/**
 * The requests of a client: those that wait for a place, those under way, and the links to one connection after the other.
 *
 * The file is long because a reply, a timeout, an abort, a lost connection and `close` each move requests between these states.
 */
import { asyncScheduler, type Observable, Subject, type Subscription } from 'rxjs';
import { assertSignal, assertTimeout } from '../argumentChecks';
import { defaults } from '../defaults';
import { endErrors } from '../endErrors';
import { BufferOverflowError, ConnectionClosedError, SocketTimeoutError } from '../errors';
import { inspectSymbol } from '../observing/inspectSymbol';
import { type RequestsSnapshot, showRequestsSnapshot } from '../observing/RequestsSnapshot';
import { Connection } from './Connection';
import { Deadlines } from './Deadlines';
import { RequestCall } from './RequestCall';
import { RequestLink } from './RequestLink';
import type { RequestPolicy } from './RequestPolicy';

/** Options of one request. */
export interface RequestOptions {
  /** Aborting it gives up; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the call to the reply, waiting for a connection included. Default: of {@link requests}; 0 is no limit. */
  readonly timeout?: number | undefined;
  /** Whether it may be sent again, once, if the connection breaks before its reply. Default `false`. */
  readonly idempotent?: boolean | undefined;
}

/**
 * The client's half of a request/reply protocol: see {@link requests}.
 *
 *     request ──► waiting ── room, a connection ──► in flight ── its reply ──► resolved
 *                    └── timeout, signal, the end ──────┴──────────────────► rejected
 */
export class Requester<Request, Reply> {
  /** The frames that nobody asked for. It completes with the end, and keeps none for later subscribers. */
  readonly unsolicited$: Observable<Reply>;
  private readonly pushes = new Subject<Reply>();
  private readonly deadlines = new Deadlines();
  private waiting = new Set<RequestCall<Request, Reply>>();
  private link: RequestLink<Request, Reply> | undefined;
  private lateCount = 0;
  private readonly reconnects: boolean;
  private connections: Subscription | undefined;
  /** Set once no other connection comes. */
  private last = false;
  private closing: Promise<void> | undefined;
  /** Set once `close` waits for no reply any more. */
  private stopped = false;
  /** Set once nothing can be asked any more. */
  private ended: { readonly cause: unknown } | undefined;
  private onIdle: (() => void) | undefined;

  /** @internal Made by `requests`. */
  constructor(
    over: Connection | Observable<Connection>,
    private readonly policy: RequestPolicy<Request, Reply>,
  ) {
    this.unsolicited$ = this.pushes.asObservable();
    this.reconnects = !(over instanceof Connection);
    if (over instanceof Connection) {
      this.adopt(over);
      return;
    }
    this.connections = over.subscribe({
      next: (connection) => this.adopt(connection),
      error: (error: unknown) => this.finish(error),
      complete: () => {
        this.last = true;
        if (this.link === undefined) this.finish(undefined);
      },
    });
    if (this.ended !== undefined) this.connections.unsubscribe();
  }

  /** How many requests are sent and wait for their reply. */
  get inFlight(): number {
    return this.link?.inFlight ?? 0;
  }

  /** How many requests wait to be sent. */
  get queued(): number {
    return this.waiting.size;
  }

  /** How many replies came after their request had given up. */
  get late(): number {
    return this.lateCount;
  }

  /**
   * Sends a request; many may be under way.
   *
   * @param value - What to send.
   * @param options - `signal`, `timeout` in milliseconds, `idempotent`.
   * @returns Its reply. Rejects with a `SocketTimeoutError` whose `what` is `'request'`; with the reason of the signal; with a
   *   `ConnectionClosedError` if the connection ends first; with a `BufferOverflowError` if `maxQueued` requests wait; with
   *   what the codec refuses the value with; with a `TypeError` if another request in flight has its key.
   * @throws `TypeError` or `RangeError` for invalid options.
   */
  request(value: Request, options: RequestOptions = {}): Promise<Reply> {
    return this.make(value, 'request', options);
  }

  /**
   * Sends a frame that has no reply, in order with the requests.
   *
   * @param value - What to send.
   * @param options - `signal`, `timeout` in milliseconds.
   * @returns Resolves when it is written. Rejects as {@link request}.
   */
  send(value: Request, options: Omit<RequestOptions, 'idempotent'> = {}): Promise<void> {
    return this.make(value, 'send', options) as Promise<unknown> as Promise<void>;
  }

  /**
   * Ends it in good order: refuses new requests, waits until all others have their reply or gave up, at most `timeout`, then
   * closes the connection and unsubscribes from those to come.
   *
   * @param options - `timeout` in milliseconds, 5000 by default; 0 waits for ever.
   * @returns Resolves once the connection is closed; never rejects.
   */
  close({ timeout = defaults.closeTimeout }: { readonly timeout?: number | undefined } = {}): Promise<void> {
    assertTimeout('timeout', timeout);
    this.closing ??= this.closeAfter(timeout);
    return this.closing;
  }

  /** Closes at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The state and the counters as plain data, without a request or a reply. `console.log` shows them in one line. */
  toJSON(): RequestsSnapshot {
    const { inFlight, queued, late, link } = this;
    const remote = link?.connection.toJSON().remote;
    const up = link === undefined ? 'waiting' : 'open';
    const state = this.ended !== undefined ? 'closed' : this.closing !== undefined ? 'closing' : up;
    return { state, inFlight, queued, late, ...(remote !== undefined && { remote }) };
  }

  /** @internal */
  [inspectSymbol](): string {
    return showRequestsSnapshot('Requests', this.toJSON());
  }

  /** @internal */
  pump(): void {
    for (const call of this.waiting) {
      if (!this.link?.ready) break;
      this.waiting.delete(call);
      this.sendNow(this.link, call);
    }
    if (this.waiting.size > 0) this.link?.waitForRoom();
    this.lookIfIdle();
  }

  /** @internal */
  answered(call: RequestCall<Request, Reply>, reply: Reply): void {
    this.unlimit(call);
    if (call.settled) this.lateCount++;
    else call.answer(reply);
    if (call.kind === 'heartbeat' && call.link !== undefined) call.link.beating = false;
    if (this.waiting.size > 0) this.pump();
    else this.lookIfIdle();
  }

  /** @internal */
  lateReply(): void {
    this.lateCount++;
  }

  /** @internal */
  unsolicited(reply: Reply): void {
    this.pushes.next(reply);
  }

  /** @internal */
  expired(call: RequestCall<Request, Reply>): void {
    const { link } = call;
    const { timeout } = call.options;
    const error = new SocketTimeoutError('request', timeout);
    this.unlimit(call);
    if (call.kind === 'heartbeat') {
      link?.end(error);
      return;
    }
    if (!call.settled) {
      call.fail(error);
      if (this.gaveUp(call)) this.waitAgain(call);
      this.pump();
    } else if (link !== undefined && call.overdue) {
      // In order: whether its reply is late or lost can't be told, so the next replies can't be trusted.
      link.end(error);
    } else {
      this.waitAgain(call);
    }
  }

  /** @internal */
  aborted(call: RequestCall<Request, Reply>): void {
    if (!this.gaveUp(call)) this.unlimit(call);
    this.pump();
  }

  /** @internal */
  beat(link: RequestLink<Request, Reply>): void {
    const { heartbeat, timeout } = this.policy;
    if (heartbeat === undefined) return;
    let value: Request;
    try {
      value = heartbeat.send();
    } catch (error) {
      link.end(error);
      return;
    }
    link.beating = true;
    const options = { timeout: timeout === 0 ? heartbeat.every : timeout, idempotent: false };
    let sending = true;
    const refused = (error: unknown) => {
      if (sending) link.end(error);
    };
    const call = new RequestCall<Request, Reply>(value, 'heartbeat', options, this, () => {}, refused);
    this.limit(call);
    this.sendNow(link, call);
    sending = false;
  }

  /** @internal */
  over(link: RequestLink<Request, Reply>, calls: RequestCall<Request, Reply>[], cause: unknown): void {
    if (this.link === link) this.link = undefined;
    const again: RequestCall<Request, Reply>[] = [];
    for (const call of calls) {
      if (!call.settled && this.mayTryAgain(call)) {
        call.resent = true;
        call.link = undefined;
        again.push(call);
        continue;
      }
      this.unlimit(call);
      if (!call.settled) call.fail(closedError('Cannot answer the request', cause, link.connection));
    }
    if (again.length > 0) this.waiting = new Set([...again, ...this.waiting]);
    this.deadlines.rest();
    if (!this.reconnects || this.last) this.finish(cause, link.connection);
    this.lookIfIdle();
  }

  private make(value: Request, kind: 'request' | 'send', options: RequestOptions): Promise<Reply> {
    const { signal, timeout = this.policy.timeout, idempotent = false } = options;
    assertTimeout('timeout', timeout);
    assertSignal(signal);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.ended !== undefined || this.closing !== undefined) {
      return Promise.reject(closedError('Cannot send the request', this.ended?.cause));
    }
    const { link, waiting } = this;
    const now = waiting.size === 0 && link?.ready === true;
    if (!now && waiting.size >= this.policy.maxQueued) {
      return Promise.reject(new BufferOverflowError(this.policy.maxQueued, waiting.size, 'requests'));
    }
    return new Promise((resolve, reject) => {
      const call = new RequestCall(value, kind, { signal, timeout, idempotent }, this, resolve, reject);
      this.limit(call);
      if (now) {
        this.sendNow(link, call);
      } else {
        waiting.add(call);
        link?.waitForRoom();
      }
    });
  }

  private sendNow(link: RequestLink<Request, Reply>, call: RequestCall<Request, Reply>): void {
    link.send(call);
    // It has failed, or wants no reply.
    if (call.settled) this.unlimit(call);
  }

  /** Returns whether it stays in line for its reply. */
  private gaveUp(call: RequestCall<Request, Reply>): boolean {
    if (call.link !== undefined) return call.link.giveUp(call);
    this.waiting.delete(call);
    return false;
  }

  private mayTryAgain(call: RequestCall<Request, Reply>): boolean {
    return this.reconnects && !this.last && !this.stopped && call.options.idempotent && !call.resent;
  }

  private limit(call: RequestCall<Request, Reply>): void {
    const { timeout } = call.options;
    if (timeout === 0) return;
    call.limited = true;
    this.deadlines.add(call, timeout);
  }

  /** For a reply that is overdue. */
  private waitAgain(call: RequestCall<Request, Reply>): void {
    call.overdue = true;
    this.limit(call);
  }

  private unlimit(call: RequestCall<Request, Reply>): void {
    if (!call.limited) return;
    call.limited = false;
    this.deadlines.done(call.options.timeout);
  }

  private adopt(connection: Connection): void {
    if (this.ended !== undefined || this.stopped) return;
    if (!(connection instanceof Connection)) {
      this.finish(
        new TypeError(`Cannot make requests over a value of type ${typeof connection}: it must be a Connection`),
      );
      return;
    }
    const earlier = this.link;
    this.link = new RequestLink(connection, this.policy, this);
    earlier?.over(undefined);
    this.link.begin();
  }

  private finish(cause: unknown, connection?: Connection): void {
    if (this.ended !== undefined) return;
    this.ended = { cause };
    this.connections?.unsubscribe();
    this.link?.over(cause);
    this.refuseWaiting(cause, connection);
    this.deadlines.rest();
    this.pushes.complete();
    this.lookIfIdle();
  }

  private refuseWaiting(cause: unknown, connection?: Connection): void {
    for (const call of this.waiting) {
      this.waiting.delete(call);
      this.unlimit(call);
      call.fail(closedError('Cannot send the request', cause, connection));
    }
  }

  private lookIfIdle(): void {
    if (this.onIdle !== undefined && this.waiting.size === 0 && this.inFlight === 0) this.onIdle();
  }

  private async closeAfter(timeout: number): Promise<void> {
    if (this.ended === undefined && this.waiting.size + this.inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = timeout > 0 ? asyncScheduler.schedule(() => this.onIdle?.(), timeout) : undefined;
        this.onIdle = () => {
          this.onIdle = undefined;
          timer?.unsubscribe();
          resolve();
        };
      });
    }
    this.stopped = true;
    const { link } = this;
    link?.over(undefined);
    this.refuseWaiting(undefined);
    // Before the source is unsubscribed from, which would destroy it.
    await link?.connection.close();
    this.finish(undefined);
  }
}

function closedError(what: string, cause: unknown, connection?: Connection): ConnectionClosedError {
  const error = new ConnectionClosedError(`${what}: the connection is closed`, { cause });
  return connection === undefined ? error : endErrors.mark(error, connection);
}
