import { Observable, type OperatorFunction } from 'rxjs';
import { assertOverflowOptions } from '../flow/assertOverflowOptions';
import { Gate } from '../flow/Gate';
import { toLoops } from '../flow/toLoops';
import { WrittenRanges } from '../flow/WrittenRanges';
import type { StreamWriter } from '../writing/StreamWriter';
import type { ProgressWatcher } from '../writing/WriterWatchers';
import type { BackpressureOptions } from './backpressure';

/** Options of {@link writeTo}. */
export interface WriteToOptions extends BackpressureOptions<Uint8Array | string> {
  /** Sends FIN once everything is flushed. Default `false`. */
  readonly end?: boolean | undefined;
}

/**
 * Writes every value, no faster than the peer reads, and tells how far it is.
 *
 * It holds the reader that the values come from, as {@link backpressure} does. An error of the source is passed on and
 * leaves the connection as it is.
 *
 * - Emits the number of its own bytes that were handed to the kernel, whenever there are more; the last number is the
 *   total, 0 for nothing.
 * - Pauses its source while the writer is under pressure.
 * - Completes when the source has, and all is flushed; with `end`, after FIN.
 * - Errors when the source does; with a `ConnectionClosedError` when the writer is lost before all is flushed, and for the
 *   first value that comes after `writeEof` or `close`.
 *
 * Unsubscribing keeps what is queued already on its way.
 *
 * @example
 * ```ts
 * await lastValueFrom(StreamReader.from(createReadStream('movie.mp4')).pipe(writeTo(writer, { end: true })));
 * ```
 * @param writer - Where to write.
 * @param options - `end`, and those of {@link backpressure}.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function writeTo(
  writer: StreamWriter,
  options: WriteToOptions = NO_OPTIONS,
): OperatorFunction<Uint8Array | string, number> {
  const given = toLoops(options);
  assertOverflowOptions(options);
  const checked = given === undefined ? options : { ...options, given };
  return (source) => new Observable((subscriber) => new Writing(source, writer, subscriber, checked).open(source));
}

const NO_OPTIONS: WriteToOptions = {};

/** One subscription: writes what comes through the gate, and counts what of it has gone. */
class Writing extends Gate<Uint8Array | string> implements ProgressWatcher {
  /** Made with the first value. */
  private ranges: WrittenRanges | undefined;
  private ended = false;

  protected override pass(chunk: Uint8Array | string): void {
    const { writer } = this;
    const from = writer.position;
    let taken = false;
    try {
      taken = writer.writeFor(this, chunk);
    } catch (error) {
      this.target.error(error);
    }
    const { position } = writer;
    this.ranges ??= new WrittenRanges();
    this.ranges.add(from, position);
    if (taken) this.progress(position);
  }

  protected override finish(): void {
    this.ended = true;
    this.concludeIfFlushed();
  }

  /** Of the writer. */
  progress(written: number): void {
    const { ranges } = this;
    if (ranges?.advance(written)) this.target.next(ranges.count);
    this.concludeIfFlushed();
  }

  private concludeIfFlushed(): void {
    const { target, ranges } = this;
    if (!this.ended || ranges?.pending || target.closed) return;
    if (ranges === undefined || ranges.count === 0) target.next(0);
    if ((this.options as WriteToOptions).end) this.writer.writeEof();
    target.complete();
  }
}
