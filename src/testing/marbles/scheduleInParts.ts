import type { ObservableNotification, Subscriber } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';

/** How many tasks are scheduled at once. */
const PART = 500;

/**
 * Emits the events of a long diagram. RxJS schedules all of them at once, and a list of 20,000 tasks is slow at each end.
 *
 * The order is that of RxJS: among the tasks of one millisecond, a marble has the place of the subscription.
 */
export function scheduleInParts<T>(
  scheduler: TestScheduler,
  messages: ReturnType<typeof TestScheduler.parseMarbles>,
  subscriber: Subscriber<T>,
): void {
  const began = scheduler.frame;
  const number = scheduler.index;
  scheduler.index += messages.length;
  const schedule = (from: number) => {
    const { index } = scheduler;
    const part = messages.slice(from, from + PART);
    part.forEach(({ frame, notification }, i) => {
      scheduler.index = number + from + i;
      const action = scheduler.schedule(
        () => {
          subscriber.remove(action);
          if (i === PART - 1) schedule(from + PART);
          emit(notification as ObservableNotification<T>, subscriber);
        },
        began + frame - scheduler.frame,
      );
      subscriber.add(action);
    });
    scheduler.index = index;
  };
  schedule(0);
}

function emit<T>(notification: ObservableNotification<T>, subscriber: Subscriber<T>): void {
  if (notification.kind === 'N') subscriber.next(notification.value);
  else if (notification.kind === 'E') subscriber.error(notification.error);
  else subscriber.complete();
}
