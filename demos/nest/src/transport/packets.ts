import { Observable } from 'rxjs';

/** The last packet of a request: from the server with the end of the answer, from the client to stop it. */
export interface StopPacket {
  readonly id: string;
  readonly isDisposed: true;
}

/** What a server answers: `response` is a value, `err` or `isDisposed` the end. */
export interface AnswerPacket {
  readonly id: string;
  readonly response?: unknown;
  readonly err?: unknown;
  readonly status?: string;
  readonly isDisposed?: boolean;
}

/** Whether a packet of a client stops a request: it has an id, and neither a pattern nor data. */
export function isStop(packet: unknown): packet is StopPacket {
  if (typeof packet !== 'object' || packet === null) return false;
  const { id, isDisposed, pattern, data } = packet as Record<string, unknown>;
  return isDisposed === true && id !== undefined && pattern === undefined && data === undefined;
}

/**
 * The values of a handler as packets. Each leaves as soon as it is there. One that is followed by the end in the same turn of
 * the microtasks leaves with it, so a handler of one value answers one packet.
 */
export function answersOf(values: Observable<unknown>, id: string): Observable<AnswerPacket> {
  return new Observable((subscriber) => {
    let held: { readonly id: string; response: unknown } | undefined;
    const release = () => {
      const packet = held;
      held = undefined;
      if (packet !== undefined) subscriber.next(packet);
    };
    subscriber.add(
      values.subscribe({
        next: (response) => {
          release();
          held = { id, response };
          queueMicrotask(release);
        },
        error: (err: unknown) => {
          release();
          subscriber.next({ id, err, isDisposed: true });
          subscriber.complete();
        },
        complete: () => {
          const last = held;
          held = undefined;
          subscriber.next({ id, ...last, isDisposed: true });
          subscriber.complete();
        },
      }),
    );
  });
}
