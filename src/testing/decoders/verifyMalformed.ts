import { IncompleteReadError } from '../../errors';
import { describeErrorDifference } from '../describeErrorDifference';
import { cutAt } from './cutAt';
import type { DecoderReading } from './DecoderReading';
import type { DecoderTrial } from './DecoderTrial';
import { ExpectedError } from './ExpectedError';
import { FrameTable } from './FrameTable';

/** Bytes that are wrong, and what a decoder is to throw. */
export interface Malformed {
  /** Its number among the pairs. */
  readonly index: number;
  readonly bytes: Uint8Array | string;
  readonly error: unknown;
}

/**
 * Bytes that are wrong lead to their error, however they are cut and whatever came before; and to no frame.
 *
 * The error comes with the last byte at the latest, in each cut; if only the end of the stream shows that the bytes are wrong, it comes
 * with the end in each cut.
 */
export function verifyMalformed<T>(trial: DecoderTrial<T>, malformed: Malformed): void {
  const { table, options } = trial;
  const error = new ExpectedError(malformed.error);
  const last = table.entries.at(-1);
  const before = last?.bytes ?? Buffer.alloc(0);
  const frames = last?.frame === undefined ? [] : [last.frame];
  const bytes = FrameTable.own(malformed.bytes);
  const places = new FrameTable([[bytes, undefined]]);
  const name = (way: string) => `the wrong bytes of pair ${malformed.index}, ${way}`;

  const first = trial.expecting([]);
  first.push(bytes);
  const atOnce = first.outcome !== 'open';
  if (!atOnce) first.end();
  first.expect(name('all at once'), 0, error);

  const verify = (way: string, chunks: readonly Buffer[], reading: DecoderReading<T>, count = 0) => {
    reading.push(...chunks);
    if (!atOnce) {
      reading.expect(name(way), count, 'open');
      reading.end();
    }
    reading.expect(name(way), count, error);
    const changed = table.changed() ?? places.changed();
    if (changed !== undefined) throw new Error(`Cannot verify the decoder, ${name(way)}: it has changed ${changed}`);
  };
  verify('byte by byte', places.fine(0, bytes.length), trial.expecting([]));
  for (const place of places.places.slice(1, -1)) {
    verify(`cut in two at byte ${place}`, cutAt(places.whole, [place]), trial.expecting([]));
  }
  verify(
    'in one chunk with the frame before',
    [Buffer.concat([before, bytes])],
    trial.expecting(frames),
    frames.length,
  );
  verify(
    'byte by byte after a frame',
    [before, ...places.fine(0, bytes.length)],
    trial.expecting(frames),
    frames.length,
  );
  if (options.atEnd !== undefined) return;
  for (const place of places.places.slice(1, -1)) {
    const reading = trial.expecting([]);
    reading.push(places.whole.subarray(0, place));
    reading.end();
    const { outcome } = reading;
    const early =
      outcome instanceof IncompleteReadError || describeErrorDifference(outcome, malformed.error) === undefined;
    const expected = early ? new ExpectedError(outcome) : new ExpectedError(IncompleteReadError);
    reading.expect(name(`with the end of the stream after ${place} of its ${bytes.length} bytes`), 0, expected);
  }
}
