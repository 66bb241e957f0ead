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
 *   first value after `writeEof` or `close`. It leaves a silent source alone until then, or until the connection is gone.
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
  options: WriteToOptions = NO_OPTIONS,
): OperatorFunction<Uint8Array | string, number> {
  const given = toLoops(options);
  assertOverflowOptions(options);
  const checked = given === undefined ? options : { ...options, given };
  return (source) => new Observable((subscriber) => new Writing(source, writer, subscriber, checked).open(source));
}

const NO_OPTIONS: WriteToOptions = {};

/** One subscription: writes the values that pass the gate, and counts how many of their bytes the kernel has. */
class Writing extends Gate<Uint8Array | string> implements ProgressWatcher {
  /** Made with the first value. */
  private ranges: WrittenRanges | undefined;
  private ended = false;

  protected override get name(): string {
    return 'writeTo';
  }

  protected override pass(chunk: Uint8Array | string): void {
    try {
      this.writer.writeFor(this, chunk);
    } catch (error) {
      this.target.error(error);
    }
  }

  protected override finish(): void {
    this.ended = true;
    this.concludeIfFlushed();
  }

  /** Of the writer. */
  accepted(from: number, to: number): void {
    this.ranges ??= new WrittenRanges();
    this.ranges.add(from, to);
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
