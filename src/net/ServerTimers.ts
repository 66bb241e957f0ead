import { asyncScheduler, type Subscription } from 'rxjs';
import { nodeTimerOf } from '../reading/rxjs7';

/** The timers of a server. While it is not referenced, they do not keep the process alive either. */
export class ServerTimers {
  private readonly running = new Set<Subscription>();
  private referenced = true;

  /** Runs a task in so many milliseconds, on the clock of RxJS, unless the returned subscription is unsubscribed before. */
  schedule(task: () => void, delay: number): Subscription {
    const timer = asyncScheduler.schedule(task, delay);
    this.running.add(timer);
    timer.add(() => this.running.delete(timer));
    this.apply(timer);
    return timer;
  }

  /** Whether the timers keep the process alive, those too that run already. */
  reference(referenced: boolean): void {
    this.referenced = referenced;
    for (const timer of this.running) this.apply(timer);
  }

  private apply(timer: Subscription): void {
    if (this.referenced) nodeTimerOf(timer)?.ref?.();
    else nodeTimerOf(timer)?.unref?.();
  }
}
