import { isUint8Array } from 'node:util/types';
import { isObservable, Observable, of } from 'rxjs';
import { assertByteCount } from '../../argumentChecks';
import { ByteBuffer } from '../../bytes/ByteBuffer';
import { subscriberFor } from '../../reading/rxjs7';
import { assertSeed } from '../assertSeed';
import { random } from '../random';

/** The largest chunk of a seed has two to this power bytes. */
const LARGEST = 10;

/**
 * The same bytes in other chunks, as a network might deliver them.
 *
 * - Emits a chunk when it is whole. Seeded sizes are from 1 to 1024 bytes, small ones as often as large ones. Given sizes
 *   are used in turn, again and again; a size of 0 is an empty chunk.
 * - Completes when the source completes, and errors when it errors. Before that, it emits the rest as a shorter chunk.
 *
 * Unsubscribing drops the bytes that have not filled a chunk.
 *
 * @example
 * ```ts
 * import { rechunk } from 'rxjs-tcp/testing';
 *
 * rechunk(Buffer.from('hello!'), [1, 3]).subscribe((chunk) => console.log(`${chunk}`));
 * // → h
 * // → ell
 * // → o
 * // → !
 * ```
 * @param source - Chunks of bytes, or bytes.
 * @param cut - A seed, a whole number of 32 bits: the same seed gives the same chunks, however the source was cut. Or the sizes
 *   in bytes.
 * @returns An Observable that cuts in the same way for each subscription.
 * @throws `TypeError` or `RangeError` for an invalid source, seed or sizes.
 */
export function rechunk(
  source: Observable<Uint8Array> | Uint8Array | string,
  cut: number | readonly number[],
): Observable<Buffer> {
  if (typeof cut === 'number') assertSeed(cut);
  else assertSizes(cut);
  const chunks = toChunks(source);
  return new Observable((subscriber) => {
    const sizes = typeof cut === 'number' ? seededSizes(cut) : given(cut);
    const buffer = new ByteBuffer();
    let size = sizes();
    const flush = () => {
      if (buffer.length > 0) subscriber.next(buffer.take(buffer.length));
    };
    const feed = subscriberFor<Uint8Array>({
      next(chunk) {
        buffer.append(chunk);
        // Empty chunks come only while bytes are left, and some size is above 0: so the loop ends.
        while (buffer.length > 0 && buffer.length >= size && !subscriber.closed) {
          const whole = buffer.take(size);
          size = sizes();
          subscriber.next(whole);
        }
      },
      error(error: unknown) {
        flush();
        subscriber.error(error);
      },
      complete() {
        flush();
        subscriber.complete();
      },
    });
    subscriber.add(feed);
    chunks.subscribe(feed);
  });
}

function toChunks(source: unknown): Observable<Uint8Array> {
  if (isObservable(source)) return source as Observable<Uint8Array>;
  if (isUint8Array(source)) return of(source);
  if (typeof source === 'string') return of(Buffer.from(source));
  throw new TypeError(`Cannot cut a value of type ${typeof source}: it must be bytes, or an Observable of bytes`);
}

function assertSizes(sizes: unknown): void {
  if (!Array.isArray(sizes))
    throw new TypeError(`Cannot cut by ${String(sizes)}: it must be a seed or an array of sizes`);
  for (const size of sizes) assertByteCount('the size of a chunk', size);
  if (!sizes.some((size) => size > 0)) throw new RangeError(`Cannot cut by [${sizes}]: some size must be above 0`);
}

function seededSizes(seed: number): () => number {
  const next = random(seed);
  return () => 1 + next(2 ** next(LARGEST + 1));
}

function given(sizes: readonly number[]): () => number {
  let at = 0;
  return () => sizes[at++ % sizes.length] as number;
}
