import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { assertOverflowOptions, type OverflowOptions } from '../flow/assertOverflowOptions';
import { Gate } from '../flow/Gate';
import { type PauseOptions, toLoops } from '../flow/toLoops';
import { linkTo } from '../reading/rxjs7';
import type { StreamWriter } from '../writing/StreamWriter';

/** Options of {@link backpressure}. */
export interface BackpressureOptions<T> extends PauseOptions, OverflowOptions<T> {}

/**
 * Passes values through as long as a writer keeps up, and holds the reader they come from while it does not.
 *
 * From the moment that the writer is at its high-water mark until it is down to its low one, the reader delivers nothing;
 * its socket is paused when its buffer is full, and the peer's writes wait in the end. It may stand anywhere behind
 * synchronous operators: what is held is the reader whose delivery is running. What arrives all the same, because an
 * operator made several values of one or an asynchronous one stands in between, waits here.
 *
 * Where values come from no reader, those that wait are bounded by `maxBuffered` under the policy `overflow`. A policy alone
 * drops nothing that a reader delivered, since that is held: where a slow listener is to lose values and hold up nobody,
 * say so with `source: []`.
 *
 * - Emits when a value arrives, or when the pressure is gone.
 * - Pauses its source while there is pressure.
 * - Completes when the source has, and nothing waits.
 * - Errors when the source does, and nothing waits; with a `ConnectionClosedError` when the writer is lost, and for the first
 *   value that comes after `writeEof` or `close`; and with a `BufferOverflowError` when more than `maxBuffered` bytes would wait.
 *
 * Unsubscribing unsubscribes from the source, then releases the reader: what was not delivered is still there.
 *
 * @example
 * ```ts
 * reader.pipe(lines(), map(translate), backpressure(writer)).subscribe(writer);
 * ```
 * @param writer - The writer to heed; the values need not go there.
 * @param options - `source`, `maxBuffered` in bytes, `overflow`, `size`, `onDrop`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function backpressure<T>(
  writer: StreamWriter,
  options: BackpressureOptions<T> = NO_OPTIONS,
): MonoTypeOperatorFunction<T> {
  const given = toLoops(options);
  assertOverflowOptions(options);
  const checked = given === undefined ? options : { ...options, given };
  return (source) => {
    const gated = new Observable<T>((subscriber) => new Passing(source, writer, subscriber, checked).open(source));
    return linkTo(source, gated);
  };
}

const NO_OPTIONS = {};

/** One subscription: passes on what comes through the gate. */
class Passing<T> extends Gate<T> {
  protected override pass(value: T): void {
    this.target.next(value);
  }

  protected override finish(): void {
    this.target.complete();
  }
}
