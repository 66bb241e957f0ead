/**
 * A transport in the virtual time of a `TestScheduler`: no socket, no promise, no `nextTick`.
 *
 *     incoming (marbles) ──► inbox ── not paused ──► reader          `paused$` emits whether it is paused
 *     writer ── one batch at a time, when `pressure` allows ──► `written$`
 *
 * A real transport does some work at the end of a turn of the event loop. This one does it in the same frame, after the running
 * tasks. So small writes of one frame leave as one, and no event comes inside a call. While the reader has paused it, bytes wait,
 * as in a kernel. The marble `|` is the peer's FIN, and waits too. The marble `#` breaks the connection; the bytes before it are
 * delivered first.
 */
import { BehaviorSubject, distinctUntilChanged, type Observable, ReplaySubject, Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { showBytes } from '../../bytes/showBytes';
import { ConnectionClosedError } from '../../errors';
import type { StartTlsOptions } from '../../net/StartTlsOptions';
import type { Transport, TransportEvents, TransportUpgrade } from '../../transports/Transport';
import { scheduleWithin } from './scheduleWithin';

/** Decides when the kernel takes a batch. */
export interface Kernel {
  /** Takes this many bytes, now or later, and then calls back. One batch at a time. */
  take(bytes: number, taken: () => void): void;
}

export class MarbleTransport implements Transport {
  private readonly everything = new Subscription();
  private readonly pausing$ = new BehaviorSubject(false);
  private readonly sent$ = new ReplaySubject<Buffer>();
  private readonly inbox: Uint8Array[] = [];
  private readonly kernel: Kernel;
  private events: TransportEvents | undefined;
  /** True from the peer's FIN until it is reported. */
  private fin = false;
  /** Emits whether the reader has paused its socket. */
  readonly paused$: Observable<boolean> = this.pausing$.pipe(distinctUntilChanged());
  /** Emits the bytes that the kernel takes. Completes with FIN, errors without one. */
  readonly written$: Observable<Buffer> = this.sent$.asObservable();

  /**
   * @param incoming - The bytes that arrive, `|` for FIN, `#` for a break with that error.
   * @param kernelOf - Makes the kernel. It ends with the connection.
   */
  constructor(
    private readonly scheduler: TestScheduler,
    private readonly incoming: Observable<Uint8Array>,
    kernelOf: (end: Subscription) => Kernel,
  ) {
    this.kernel = kernelOf(this.everything);
  }

  open(events: TransportEvents): void {
    const again = this.events !== undefined;
    this.events = events;
    // After a TLS handshake the diagram goes on.
    if (again) {
      this.defer(() => this.deliver());
      return;
    }
    // After the code that subscribes in this frame, so that it sees all bytes: the peer does not wait for subscriptions.
    this.defer(() => {
      this.everything.add(
        this.incoming.subscribe({
          next: (chunk) => {
            this.inbox.push(chunk);
            this.deliver();
          },
          error: (error: Error) => {
            this.pausing$.next(false);
            this.deliver();
            this.close('broke', error);
          },
          complete: () => {
            this.fin = true;
            this.deliver();
          },
        }),
      );
    });
  }

  pause(): void {
    this.pausing$.next(true);
  }

  resume(): void {
    this.pausing$.next(false);
    this.defer(() => this.deliver());
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    const batch = Buffer.concat(chunks);
    this.kernel.take(batch.length, () => {
      this.sent$.next(batch);
      done();
    });
  }

  end(done: () => void): void {
    this.defer(() => {
      this.sent$.complete();
      done();
    });
  }

  destroy(): void {
    this.close('was destroyed');
  }

  reset(): void {
    this.close('was reset');
  }

  defer(task: () => void): void {
    scheduleWithin(this.everything, this.scheduler, task);
  }

  /** A handshake in which nothing is encrypted: it is done as soon as everything is sent. */
  startTls({ side = 'client' }: StartTlsOptions): TransportUpgrade {
    const { inbox } = this;
    return {
      side,
      get unread() {
        return inbox.reduce((sum, { length }) => sum + length, 0);
      },
      start: (head, discard, done) => {
        if (discard) inbox.length = 0;
        if (head.length === 0) done(undefined, this);
        else done(new Error(`Cannot start TLS: ${showBytes(head, 60)} came in the clear instead of a handshake`));
      },
    };
  }

  info(): undefined {
    return undefined;
  }

  private deliver(): void {
    while (!this.pausing$.value && !this.everything.closed && this.inbox.length > 0) {
      this.events?.onData(this.inbox.shift() as Uint8Array);
    }
    if (!this.fin || this.pausing$.value || this.everything.closed) return;
    this.fin = false;
    this.events?.onEnd();
  }

  private close(how: string, cause?: Error): void {
    if (this.everything.closed) return;
    this.everything.unsubscribe();
    this.sent$.error(new ConnectionClosedError(`Cannot send more: the connection ${how}`, { cause }));
    // Everything on its way is dropped. Only this is still reported.
    this.scheduler.schedule(() => this.events?.onClosed(cause));
  }
}
