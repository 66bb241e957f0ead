import { Observable, type Observer, type OperatorFunction, type Subscriber } from 'rxjs';
import { Gate } from '../flow/Gate';
import { HeldValues } from '../flow/HeldValues';
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
 * Writes every value, no faster than the peer reads, and emits its progress.
 *
 * ```marbles
 * arrives  'ab\n'-----'cd\nef\n'---|
 * kernel   ------------------x---------x---------x--
 * with     { highWaterMark: 3 }
 *          reader.pipe(readLine(), writeTo(writer))
 * written  ------------------'ab\n'----'cd\n'----'ef\n'
 * emits    ------------------3---------6---------9|
 * held     ======================================------
 * ```
 *
 * It holds the reader of the values, as {@link backpressure} does. It passes an error of the source on, and the connection stays
 * as it is.
 *
 * - Emits how many of its own bytes the kernel has, whenever there are more. The last number is the total, 0 for nothing.
 * - Pauses its source while the writer is under pressure.
 * - Completes when the source has completed and all is flushed; with `end`, after FIN.
 * - Errors when the source errors; with a `ConnectionClosedError` when the writer is lost before all is flushed, and for the
 *   first value after `writeEof` or `close`.
 *
 * Unsubscribing does not stop the bytes that are queued already.
 *
 * @example
 * ```ts
 * import { lastValueFrom } from 'rxjs';
 * import { connectionPair, StreamReader, writeTo } from 'rxjs-tcp';
 *
 * const [{ writer }, { reader }] = connectionPair();
 * const received = reader.readAll();
 * const source = StreamReader.from([Buffer.alloc(100_000), Buffer.alloc(50_000)]);
 * console.log(await lastValueFrom(source.pipe(writeTo(writer, { end: true })))); // → 150000
 * console.log((await received).length); // → 150000
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
  new HeldValues(options);
  return (source) =>
    new Observable((subscriber) => {
      const writing = new Writing(writer, subscriber, options.end ?? false);
      const feed = subscriberFor<Uint8Array | string>(writing);
      subscriber.add(feed);
      Gate.between(source, feed, writer, options, given);
    });
}

/** One subscription: writes the values that pass the gate, and counts how many of their bytes the kernel has. */
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

  /** Of the writer: the connection is lost. */
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
