import { Observable, type OperatorFunction, Subscriber } from 'rxjs';
import type { StreamWriter } from '../StreamWriter';
import { type BackpressureOptions, backpressure } from './backpressure';
import { WrittenRanges } from './WrittenRanges';

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
 * - Errors when the source does; with a `ConnectionClosedError` when the writer is closed or lost before all is flushed.
 *
 * Unsubscribing keeps what is queued already on its way.
 *
 * @example
 * ```ts
 * await lastValueFrom(StreamReader.from(createReadStream('movie.mp4')).pipe(writeTo(writer, { end: true })));
 * ```
 * @param writer - Where to write.
 * @param options - `end`, and those of {@link backpressure}.
 * @throws `TypeError` or `RangeError` for options that can't be meant.
 */
export function writeTo(
  writer: StreamWriter,
  options: WriteToOptions = {},
): OperatorFunction<Uint8Array | string, number> {
  const gate = backpressure(writer, options);
  return (source) =>
    new Observable((subscriber) => {
      const ranges = new WrittenRanges();
      let ended = false;

      function concludeIfFlushed(): void {
        if (!ended || ranges.pending || subscriber.closed) return;
        if (ranges.count === 0) subscriber.next(0);
        if (options.end) writer.writeEof();
        subscriber.complete();
      }
      const feed = new Subscriber<Uint8Array | string>({
        next(chunk) {
          const from = writer.position;
          try {
            writer.write(chunk);
          } catch (error) {
            subscriber.error(error);
          }
          ranges.add(from, writer.position);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          ended = true;
          concludeIfFlushed();
        },
      });
      subscriber.add(feed);
      subscriber.add(
        writer.watch({
          pressure: () => {},
          progress: (written) => {
            if (ranges.advance(written)) subscriber.next(ranges.count);
            concludeIfFlushed();
          },
          gone: () => subscriber.error(writer.whyOver()),
        }),
      );
      gate(source).subscribe(feed);
    });
}
