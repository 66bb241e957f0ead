/**
 * A transport in the virtual time of a `TestScheduler`: no socket, no promise, no `nextTick`.
 *
 *     incoming (marbles) ──► inbox ── not paused ──► reader          `paused$` says whether it is
 *     writer ── one batch at a time, for as long as `pressure` says ──► `written$`
 *
 * What a real one does at the end of a turn of the event loop happens in the same frame here, after what runs already:
 * so small writes of one frame leave as one, and nothing is reported from inside a call. While the reader has it paused,
 * what arrives waits, as in a kernel; a marble's `|` is the peer's FIN, and waits too; its `#` is a broken connection,
 * which delivers first what arrived before.
 */
import { BehaviorSubject, distinctUntilChanged, type Observable, ReplaySubject, Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { ConnectionClosedError } from '../../errors';
import type { Transport, TransportEvents } from '../../transports/Transport';
import { scheduleWithin } from './scheduleWithin';

/** Says when the kernel takes a batch. */
export interface Kernel {
  /** Takes so many bytes, now or later: then it calls back. One batch at a time. */
  take(bytes: number, taken: () => void): void;
}

export class MarbleTransport implements Transport {
  private readonly everything = new Subscription();
  private readonly pausing$ = new BehaviorSubject(false);
  private readonly sent$ = new ReplaySubject<Buffer>();
  private readonly inbox: Uint8Array[] = [];
  private readonly kernel: Kernel;
  private events!: TransportEvents;
  /** Set by the peer's FIN, until it is reported. */
  private fin = false;
  /** Whether the reader has its socket paused. */
  readonly paused$: Observable<boolean> = this.pausing$.pipe(distinctUntilChanged());
  /** What the kernel has taken, when it has; completes with FIN, errors where there was none. */
  readonly written$: Observable<Buffer> = this.sent$.asObservable();

  /**
   * @param incoming - What arrives: bytes, `|` for FIN, `#` for a break with that error.
   * @param kernelOf - Makes the kernel, whose time ends with the connection's.
   */
  constructor(
    private readonly scheduler: TestScheduler,
    private readonly incoming: Observable<Uint8Array>,
    kernelOf: (end: Subscription) => Kernel,
  ) {
    this.kernel = kernelOf(this.everything);
  }

  open(events: TransportEvents): void {
    this.events = events;
    // Behind those who subscribe in this frame to what comes of it: the peer does not wait for them, and sends them all.
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

  info(): undefined {
    return undefined;
  }

  private deliver(): void {
    while (!this.pausing$.value && !this.everything.closed && this.inbox.length > 0) {
      this.events.onData(this.inbox.shift() as Uint8Array);
    }
    if (!this.fin || this.pausing$.value || this.everything.closed) return;
    this.fin = false;
    this.events.onEnd();
  }

  private close(how: string, cause?: Error): void {
    if (this.everything.closed) return;
    this.everything.unsubscribe();
    this.sent$.error(new ConnectionClosedError(`Cannot send more: the connection ${how}`, { cause }));
    // Of what was under way this alone is still reported.
    this.scheduler.schedule(() => this.events.onClosed(cause));
  }
}
