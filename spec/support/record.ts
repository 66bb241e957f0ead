import type { Observable, Subscription } from 'rxjs';

/** The notifications of a subscription, as strings: `'|'` is completion, `'# message'` an error. */
export interface Recording {
  seen: string[];
  error: unknown;
  subscription: Subscription;
}

/** Subscribes and records all notifications. */
export function record(source: Observable<Uint8Array | string>): Recording {
  const recording: Recording = { seen: [], error: undefined, subscription: undefined as unknown as Subscription };
  recording.subscription = source.subscribe({
    next: (frame) => recording.seen.push(text(frame)),
    error: (error: Error) => {
      recording.error = error;
      recording.seen.push(`# ${error.name === 'Error' ? error.message : error.name}`);
    },
    complete: () => recording.seen.push('|'),
  });
  return recording;
}

/** A frame as a string. */
export function text(frame: Uint8Array | string): string {
  return typeof frame === 'string' ? frame : Buffer.from(frame).toString();
}
