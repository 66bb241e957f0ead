import { asyncScheduler, type Subscription } from 'rxjs';
import { nodeTimerOf } from '../reading/rxjs7';

/** What may last for long. */
export type Slow = 'held' | 'pressure';

/** What a watch needs from its connection. */
export interface SlowOwner {
  /** Whether no virtual time can pass within a turn of the event loop. */
  readonly live: boolean;
  /** Since when the reader has been held, or the writer under pressure; `undefined` if it is not. */
  sinceOf(what: Slow): number | undefined;
  /** It has lasted for long. */
  tellSlow(what: Slow): void;
}

const BOTH: readonly Slow[] = ['held', 'pressure'];

/**
 * Tells of a hold of the reader, and of pressure on the writer, that last for a while. Made only if somebody listens.
 *
 * Both come and go many times a second, so there is one timer, which looks how long they have lasted, and is kept when they are
 * over. In virtual time it is cleared then, so that none is left at the end of a test. It keeps no process alive.
 */
export class SlowWatch {
  private timer: Subscription | undefined;
  /** The beginning of the last state that was told. */
  private readonly told: { [what in Slow]?: number } = {};

  /** @param after - In milliseconds. */
  constructor(
    private readonly after: number,
    private readonly owner: SlowOwner,
  ) {}

  begins(): void {
    this.timer ??= this.lookIn(this.after);
  }

  ends(): void {
    if (!this.owner.live && BOTH.every((what) => this.owner.sinceOf(what) === undefined)) this.stop();
  }

  stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private lookIn(time: number): Subscription {
    const timer = asyncScheduler.schedule(() => this.look(), time);
    nodeTimerOf(timer)?.unref?.();
    return timer;
  }

  private look(): void {
    const now = asyncScheduler.now();
    let next = Number.POSITIVE_INFINITY;
    for (const what of BOTH) {
      const since = this.owner.sinceOf(what);
      if (since === undefined || since === this.told[what]) continue;
      const left = since + this.after - now;
      if (left > 0) next = Math.min(next, left);
      else {
        this.told[what] = since;
        this.owner.tellSlow(what);
      }
    }
    this.timer = next === Number.POSITIVE_INFINITY ? undefined : this.lookIn(Math.min(next, this.after));
  }
}
