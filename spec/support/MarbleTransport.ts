/**
 * A transport in the virtual time of a `TestScheduler`: no socket, no promise, no `nextTick`.
 *
 *     incoming (a marble) ──► inbox ── not paused ──► reader          pause() and resume() are on `asked$`
 *     writer ── one batch at a time, for as long as `writeTime` says ──► `sent$`
 *
 * What a real one does at the end of a turn of the event loop happens in the same frame here, after what runs already:
 * so small writes of one frame leave as one, and nothing is reported from inside a call. While the reader has it paused,
 * what arrives waits, as in a kernel; a marble's `|` is the peer's FIN, and waits too; its `#` is a broken connection,
 * which delivers first what arrived before.
 */
import { type Observable, ReplaySubject, Subscription, take } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { Transport, TransportEvents } from '../../src/Transport';

/** How long the kernel takes for a batch: so many frames, by its bytes, or until the next value of a marble. */
export type WriteTime = number | ((bytes: number) => number) | Observable<unknown>;

/** What happens on the other side. */
export interface MarbleTransportOptions {
  /** What arrives: bytes, `|` for FIN, `#` for a break with that error. */
  readonly incoming: Observable<Uint8Array>;
  /** Default 0: in the frame in which it was written. */
  readonly writeTime?: WriteTime | undefined;
}

export class MarbleTransport implements Transport {
  /** What the reader asks of its socket. */
  readonly asked$ = new ReplaySubject<'pause' | 'resume'>();
  /** What the kernel has taken, as text, when it has; completes with FIN, errors where there was none. */
  readonly sent$ = new ReplaySubject<string>();
  private readonly inbox: Uint8Array[] = [];
  private readonly everything = new Subscription();
  private events!: TransportEvents;
  private paused = false;
  /** Set by the peer's FIN, until it is reported. */
  private fin = false;

  constructor(
    private readonly scheduler: TestScheduler,
    private readonly options: MarbleTransportOptions,
  ) {}

  open(events: TransportEvents): void {
    this.events = events;
    this.everything.add(
      this.options.incoming.subscribe({
        next: (chunk) => {
          this.inbox.push(chunk);
          this.deliver();
        },
        error: (error: Error) => {
          this.paused = false;
          this.deliver();
          this.close('broken', error);
        },
        complete: () => {
          this.fin = true;
          this.deliver();
        },
      }),
    );
  }

  pause(): void {
    this.paused = true;
    this.asked$.next('pause');
  }

  resume(): void {
    this.paused = false;
    this.asked$.next('resume');
    this.defer(() => this.deliver());
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    const batch = Buffer.concat(chunks);
    const { writeTime = 0 } = this.options;
    const taken = () => {
      this.sent$.next(batch.toString());
      done();
    };
    if (typeof writeTime === 'object') this.everything.add(writeTime.pipe(take(1)).subscribe(taken));
    else this.after(typeof writeTime === 'number' ? writeTime : writeTime(batch.length), taken);
  }

  end(done: () => void): void {
    this.defer(() => {
      this.sent$.complete();
      done();
    });
  }

  destroy(): void {
    this.close('destroyed');
  }

  reset(): void {
    this.close('reset');
  }

  defer(task: () => void): void {
    this.after(0, task);
  }

  info(): undefined {
    return undefined;
  }

  private deliver(): void {
    while (!this.paused && !this.everything.closed && this.inbox.length > 0) {
      this.events.onData(this.inbox.shift() as Uint8Array);
    }
    if (!this.fin || this.paused || this.everything.closed) return;
    this.fin = false;
    this.events.onEnd();
  }

  private close(how: string, error?: Error): void {
    if (this.everything.closed) return;
    this.everything.unsubscribe();
    this.sent$.error(how);
    // Of what was under way this alone is still reported.
    this.scheduler.schedule(() => this.events.onClosed(error));
  }

  private after(frames: number, task: () => void): void {
    this.everything.add(this.scheduler.schedule(task, frames));
  }
}
