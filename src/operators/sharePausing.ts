import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { SharedSource } from '../flow/SharedSource';
import { type SharePausingOptions, SharingPolicy } from '../flow/SharingPolicy';
import { toLoops } from '../flow/toLoops';

/**
 * As RxJS's `share`, for a reader's pipe with several consumers, each of which has an allowance and a policy for being slow.
 *
 * Delivery waits until the turn of the event loop in which the first one subscribed is over. So all that subscribe
 * together see the first frame, also of bytes that are buffered already. A later subscriber starts with the next frame.
 *
 * Below it, each subscriber is a source of its own: `backpressure`, `writeTo`, `concatMapPausing`, `mergeMapPausing` and
 * `eachValueFrom` hold the queue of that subscriber, never the reader. When more than `maxBuffered` bytes would wait in
 * such a queue, its policy decides. `'hold'` holds the reader, so all wait for the slowest. `'drop-oldest'`, `'drop-newest'`
 * and `'error'` concern that subscriber alone, and the others get every frame.
 *
 * - Emits when its source does; to a subscriber that is held, when that one is released.
 * - Pauses its source under `'hold'` while more than `maxBuffered` bytes wait for a subscriber, until half of them have gone.
 * - Completes, for each subscriber, when the source has, after what waits for that one.
 * - Errors, for each, when the source does, after what waits for that one; with a `BufferOverflowError` under `'error'`, at
 *   once, though that subscriber is held; the same under `'hold'` where there is no reader to hold; and with a `TypeError`
 *   under the other policies if values are neither strings nor bytes and there is no `size`.
 *
 * What waits for a subscriber is dropped when that one unsubscribes. When the last one does, it unsubscribes from the source, and
 * what no subscriber was given stays in the reader. The next one subscribes to the source anew, also after its end.
 *
 * ```marbles
 * arrives  'a\nb\nc\nd\n'------------------------------|
 *          const frames$ = reader.pipe(lines(), sharePausing({ maxBuffered: 1 }));
 *          frames$.subscribe();
 *          frames$.pipe(concatMapPausing((line) => sleep(6).then(() => line)))
 * emits    ------'a'---'b'---'c'---'d'-----------------|
 * held     ============---------------------------------
 * ```
 *
 * @example
 * ```ts
 * import { filter } from 'rxjs';
 * import { lines, sharePausing, StreamReader } from 'rxjs-tcp';
 *
 * const frames$ = StreamReader.from([Buffer.from('idle\nALARM 1\n')]).pipe(lines(), sharePausing());
 * frames$.subscribe((frame) => console.log(`archive ${frame}`));
 * frames$.pipe(filter((frame) => frame.startsWith('ALARM'))).subscribe((alarm) => console.log(`bell ${alarm}`));
 * // → archive idle
 * // → archive ALARM 1
 * // → bell ALARM 1
 * ```
 * @param options - `overflow`, `maxBuffered` in bytes, `size`, `onDrop`, `source`.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function sharePausing<T>(options: SharePausingOptions<T> = {}): MonoTypeOperatorFunction<T> {
  const given = toLoops(options);
  const policy = new SharingPolicy(options);
  return (source) => {
    let shared: SharedSource<T> | undefined;
    // It has no `source`: operators below hold the queue of their subscriber, and nothing above.
    return new Observable((subscriber) => {
      if (shared === undefined || shared.over) shared = new SharedSource(source, policy, given);
      shared.join(subscriber);
    });
  };
}
