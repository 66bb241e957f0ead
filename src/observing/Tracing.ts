/**
 * A tracing channel, as Node's `tracingChannel` makes it: five channels, for the beginning and the end of an operation.
 *
 *     start ── the call that begins it ── end · · · ── [error] ── asyncStart ── what it leads to ── asyncEnd
 *
 * It uses the five channels directly: not every runtime has `tracingChannel`, and a name is all that it adds.
 */
import { channel } from 'node:diagnostics_channel';
import { Trace } from './Trace';

type Channel = ReturnType<typeof channel>;

export class Tracing<Message extends object> {
  private readonly start: Channel;
  private readonly end: Channel;
  private readonly asyncStart: Channel;
  private readonly asyncEnd: Channel;
  private readonly failed: Channel;

  /** @param name - The name between `tracing:` and that of the event. */
  constructor(name: string) {
    const event = (of: string) => channel(`tracing:${name}:${of}`);
    this.start = event('start');
    this.end = event('end');
    this.asyncStart = event('asyncStart');
    this.asyncEnd = event('asyncEnd');
    this.failed = event('error');
  }

  get hasSubscribers(): boolean {
    const { start, end, asyncStart, asyncEnd, failed } = this;
    return (
      start.hasSubscribers ||
      end.hasSubscribers ||
      asyncStart.hasSubscribers ||
      asyncEnd.hasSubscribers ||
      failed.hasSubscribers
    );
  }

  /**
   * Begins an operation, inside the stores that are bound to `start`.
   *
   * @param describe - Makes the message. Called only if somebody listens.
   * @param work - Gets the trace; `undefined` if nobody listens.
   */
  begin<T>(describe: () => Message, work: (trace: Trace<Message> | undefined) => T): T {
    if (!this.hasSubscribers) return work(undefined);
    const message = describe();
    const trace = new Trace(message, (outcome, tell) => this.conclude(message, outcome, tell));
    return this.start.runStores(message, () => {
      try {
        return work(trace);
      } finally {
        this.end.publish(message);
      }
    });
  }

  private conclude(message: Message, outcome: Partial<Message>, tell: () => void): void {
    Object.assign(message, outcome);
    if ('error' in outcome) this.failed.publish(message);
    this.asyncStart.runStores(message, () => {
      try {
        tell();
      } finally {
        this.asyncEnd.publish(message);
      }
    });
  }
}
