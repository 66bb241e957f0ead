import { Observable, type Observer, type OperatorFunction, type Subscriber } from 'rxjs';
import { assertOverflowOptions } from '../flow/assertOverflowOptions';
import { Gate } from '../flow/Gate';
import { toLoops } from '../flow/toLoops';
import { WrittenRanges } from '../flow/WrittenRanges';
import { subscriberFor } from '../reading/rxjs7';
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
  options: WriteToOptions = {},
): OperatorFunction<Uint8Array | string, number> {
  const given = toLoops(options);
  assertOverflowOptions(options);
  return (source) =>
    new Observable((subscriber) => {
      const writing = new Writing(writer, subscriber, options.end ?? false);
      const feed = subscriberFor<Uint8Array | string>(writing);
      subscriber.add(feed);
      Gate.between(source, feed, writer, options, given);
    });
}

/** One subscription: writes what comes through the gate, and counts what of it has gone. */
class Writing implements Observer<Uint8Array | string>, ProgressWatcher {
  private readonly ranges = new WrittenRanges();
  private ended = false;

  constructor(
    private readonly writer: StreamWriter,
    private readonly subscriber: Subscriber<number>,
    private readonly finish: boolean,
  ) {}

  next(chunk: Uint8Array | string): void {
    const { writer } = this;
    const from = writer.position;
    try {
      writer.writeFor(this, chunk);
    } catch (error) {
      this.subscriber.error(error);
    }
    this.ranges.add(from, writer.position);
  }

  error(error: unknown): void {
    this.subscriber.error(error);
  }

  complete(): void {
    this.ended = true;
    this.concludeIfFlushed();
  }

  /** Of the writer. */
  progress(written: number): void {
    if (this.ranges.advance(written)) this.subscriber.next(this.ranges.count);
    this.concludeIfFlushed();
  }

  /** Of the writer, which is lost. */
  gone(): void {
    this.subscriber.error(this.writer.whyOver());
  }

  private concludeIfFlushed(): void {
    const { subscriber, ranges } = this;
    if (!this.ended || ranges.pending || subscriber.closed) return;
    if (ranges.count === 0) subscriber.next(0);
    if (this.finish) this.writer.writeEof();
    subscriber.complete();
  }
}
