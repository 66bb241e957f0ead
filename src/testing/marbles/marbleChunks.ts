import { isUint8Array } from 'node:util/types';
import { concatMap, from, map, type Observable } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { assertTimes } from '../assertTimes';

/** The value of a marble: a chunk, as text or bytes (see `hex`), or several chunks that arrive one after the other. */
export type MarbleChunk = string | Uint8Array | readonly (string | Uint8Array)[];

/** The chunk of each letter of a diagram. A letter without an entry is its own text. */
export type MarbleChunks = Readonly<Record<string, MarbleChunk>>;

/** Characters of a diagram that are no values. */
const SYNTAX = '-|#()^! ';

/**
 * Bytes in virtual time, from the moment of the subscription on.
 *
 * @throws `TypeError` for invalid chunks, and for names that are no marbles.
 */
export function marbleChunks(
  scheduler: TestScheduler,
  marbles: string,
  chunks: MarbleChunks,
  error?: unknown,
): Observable<Uint8Array> {
  for (const [marble, chunk] of Object.entries(chunks)) assertMarble(marble, chunk);
  assertTimes(marbles);
  const [stranger] = marbles.match(/[\^!]/) ?? [];
  if (stranger !== undefined) {
    throw new TypeError(
      `Cannot use '${stranger}' in '${marbles}': a connection begins with its diagram, and is not left`,
    );
  }
  const letters = Object.fromEntries([...marbles].map((letter) => [letter, letter]));
  return scheduler.createColdObservable<MarbleChunk>(marbles, { ...letters, ...chunks }, error).pipe(
    concatMap((chunk) => from(typeof chunk === 'string' || isUint8Array(chunk) ? [chunk] : chunk)),
    // New bytes each time: the program may write into its chunk.
    map((chunk) => Buffer.from(chunk as string)),
  );
}

function assertMarble(marble: string, chunk: MarbleChunk): void {
  if ([...marble].length !== 1 || SYNTAX.includes(marble)) {
    throw new TypeError(`Cannot use '${marble}' as a marble: it must be one character, and none of ${SYNTAX.trim()}`);
  }
  for (const part of Array.isArray(chunk) ? chunk : [chunk]) {
    if (typeof part === 'string' || isUint8Array(part)) continue;
    throw new TypeError(`Cannot use marble '${marble}': its chunk must be text or a Uint8Array, and is ${typeof part}`);
  }
}
