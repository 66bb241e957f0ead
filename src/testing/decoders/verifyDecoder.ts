/**
 * Checks that a decoder is right, however the network cuts its bytes.
 *
 * Every check is about one rule, and tries all places at which the rule could break. So the first failure names the smallest
 * fault, with the cut, the byte and the frame. If there are too many places (a long input has 2^n cuts), it draws some from a
 * seed, and the message has the seed.
 */
import { type OperatorFunction, Subject, take } from 'rxjs';
import { assertCount } from '../../checks';
import type { Codec, Decoder } from '../../codecs/Decoder';
import type { FrameGenerator } from '../../codecs/generatorDecoder';
import { defaults } from '../../defaults';
import { IncompleteReadError } from '../../errors';
import { StreamReader } from '../../reading/StreamReader';
import { assertSeed } from '../assertSeed';
import { firstDifference } from '../firstDifference';
import { showInLine as show } from '../showInLine';
import { type Decoding, toOperator } from '../toOperator';
import { byteByByte } from './byteByByte';
import { cutAt } from './cutAt';
import { DecoderReading as Reading } from './DecoderReading';
import { everyCut } from './everyCut';
import { type FramePair, FrameTable } from './FrameTable';
import { seededCuts } from './seededCuts';

/** Options of {@link verifyDecoder}. */
export interface VerifyOptions<T> {
  /** How many seeded cuts are tried if the input is too long for all cuts. Default 100. */
  readonly cuts?: number | undefined;
  /** The seed of these cuts. Default 1. */
  readonly seed?: number | undefined;
  /** The limit of the decoder's reader, in bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** What must come if the stream ends inside a frame. Default: an `IncompleteReadError` that has the bytes of the frame. */
  readonly atEnd?: ((partial: Buffer) => { readonly frames: readonly T[]; readonly error?: unknown }) | undefined;
  /** Whether a cancelled read may lose an unfinished frame: an operator with its own buffer does. Default `false`. */
  readonly forgets?: boolean | undefined;
  /** Whether other bytes may decode to the same frame, so that `encode` may return them. Default `false`. */
  readonly manyForms?: boolean | undefined;
  /** Encodes a frame. Default: the decoder's own `encode`, if it has one. */
  readonly encode?: ((frame: T) => Uint8Array) | undefined;
}

/** Inputs of up to this many bytes are cut in every possible way. */
const EVERY_CUT = 11;
/** How many places of a cut a message names. */
const NAMED = 40;

/**
 * Checks that a decoder returns the same frames however its bytes arrive, and that nothing is lost when a read stops.
 *
 * - Cut: all at once, byte by byte, in two at each byte, in every way (short inputs) or in seeded ways (long ones).
 * - Prompt: a frame comes with its last byte.
 * - End of the stream at each byte: between frames it completes; inside a frame it is an `IncompleteReadError` that has all
 *   bytes of that frame.
 * - Cancelled at each byte: the unfinished frame stays, the next read goes on with it, and another reader sees nothing of it.
 * - One frame for each of several reads, two readers at once, and an Observable that is no reader.
 * - The decoder changes neither the bytes that arrived nor an emitted frame.
 * - Round trip, if it encodes.
 *
 * @example
 * ```ts
 * import { lengthPrefixed } from 'rxjs-tcp';
 * import { verifyDecoder } from 'rxjs-tcp/testing';
 *
 * verifyDecoder(lengthPrefixed({ bytes: 1 }), [
 *   ['\x02hi', Buffer.from('hi')],
 *   ['\x00', Buffer.alloc(0)],
 * ]);
 * console.log('passed'); // → passed
 * ```
 * @param decoder - A decoder, a codec, a generator function, or any operator on bytes.
 * @param pairs - The frames, in order: their bytes, and what they decode to.
 * @param options - `cuts`, `seed`, `limit` in bytes; `atEnd`, `forgets`, `manyForms`, `encode`.
 * @throws `Error` that names the cut, the seed, the byte and the frame of the failure; its `cause` is the decoder's error.
 *   `TypeError` or `RangeError` for an invalid decoder, invalid pairs or options, and for pairs without a frame.
 */
export function verifyDecoder<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  pairs: readonly FramePair<T>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  operator: OperatorFunction<Uint8Array, T>,
  pairs: readonly FramePair<T>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  decoder: Decoding<T>,
  pairs: readonly FramePair<T>[],
  options: VerifyOptions<T> = {},
): void {
  const { cuts = 100, seed = 1, limit = defaults.limit } = options;
  assertCount('cuts', cuts);
  assertSeed(seed);
  if (!Array.isArray(pairs)) throw new TypeError(`Cannot use ${show(pairs)} as pairs: it must be an array`);
  const table = new FrameTable<T>(pairs);
  const { whole, places } = table;
  // Without bytes there is nothing to check.
  if (whole.length === 0) throw new RangeError('Cannot verify the decoder: there is no frame to decode');
  const operator = toOperator(decoder);
  const read = () => new Reading(operator, new StreamReader(limit));

  verifyCut(table, read, 'all at once', [whole]);
  verifyCut(table, read, 'byte by byte', byteByByte(whole));
  for (const place of places.slice(1, -1)) {
    verifyCut(table, read, `cut in two at ${table.place(place)}`, cutAt(whole, [place]));
  }
  if (whole.length <= EVERY_CUT) {
    for (const cut of everyCut(whole)) verifyCut(table, read, `cut at ${listPlaces(cut)}`, cut);
  } else {
    seededCuts(whole, cuts, seed).forEach((cut, i) => {
      verifyCut(table, read, `seed ${seed}, cut ${i} at ${listPlaces(cut)}`, cut);
    });
  }
  verifyCut(table, () => new Reading(operator, new Subject()), 'byte by byte, from an Observable', byteByByte(whole));
  verifyEnds(table, read, options);
  if (!options.forgets) {
    verifyCancels(table, read, operator);
    verifyOneByOne(table, operator, new StreamReader(limit));
  }
  verifyTwoReaders(table, read);
  verifyRoundTrip(table, read, options.encode ?? (decoder as Partial<Codec<T>>).encode?.bind(decoder), options);
}

function verifyCut<T>(table: FrameTable<T>, read: () => Reading<T>, name: string, chunks: readonly Buffer[]): void {
  const reading = read();
  let at = 0;
  for (const chunk of chunks) {
    reading.push(chunk);
    at += chunk.length;
    reading.expect(() => `${name}, after ${table.place(at)}`, table.between(0, at), 'open');
  }
  reading.end();
  reading.expect(`${name}, at the end`, table.between(0, at), 'complete');
  const changed = table.changed();
  if (changed !== undefined) throw new Error(`Cannot verify the decoder, ${name}: it has changed ${changed}`);
}

function verifyEnds<T>(table: FrameTable<T>, read: () => Reading<T>, { atEnd }: VerifyOptions<T>): void {
  for (const place of table.places) {
    const start = table.whole.subarray(0, place);
    const partial = start.subarray(table.lastEnd(place));
    const more = partial.length === 0 ? undefined : atEnd?.(partial);
    const error = more === undefined ? new IncompleteReadError(partial, null) : more.error;
    const outcome = partial.length === 0 || error === undefined ? 'complete' : error;
    for (const [way, chunks] of [
      ['', [start]],
      [', byte by byte', byteByByte(start)],
    ] as const) {
      const reading = read();
      reading.push(...chunks);
      reading.end();
      const frames = [...table.between(0, place), ...(more?.frames ?? [])];
      reading.expect(`with the end of the stream at ${table.place(place)}${way}`, frames, outcome);
    }
  }
}

function verifyCancels<T>(
  table: FrameTable<T>,
  read: () => Reading<T>,
  operator: OperatorFunction<Uint8Array, T>,
): void {
  const { whole } = table;
  for (const place of table.places) {
    const name = `cancelled at ${table.place(place)}`;
    const first = read();
    first.push(...byteByByte(whole.subarray(0, place)));
    first.cancel();
    first.expect(name, table.between(0, place), 'open');
    first.expectLeft(name, place - table.lastEnd(place));
    const other = read();
    other.push(whole);
    other.end();
    other.expect(`${name}, by another reader after it`, table.between(0, whole.length), 'complete');
    const second = new Reading(operator, first.source);
    second.push(whole.subarray(place));
    second.end();
    second.expect(`${name}, in the read after it`, table.between(place, whole.length), 'complete');
  }
}

function verifyOneByOne<T>(
  table: FrameTable<T>,
  operator: OperatorFunction<Uint8Array, T>,
  reader: StreamReader,
): void {
  reader.input.push(table.whole);
  table.frames.forEach(({ frame, end }, i) => {
    if (frame === undefined) return;
    const reading = new Reading((source) => source.pipe(operator, take(1)), reader);
    reading.expect(`one read for each frame, read ${i}`, [frame], 'complete');
    reading.expectLeft(`after a read for each of ${i + 1} frames`, table.whole.length - end);
  });
}

function verifyTwoReaders<T>(table: FrameTable<T>, read: () => Reading<T>): void {
  const { whole, places } = table;
  const all = table.between(0, whole.length);
  const inStep = [read(), read()];
  byteByByte(whole).forEach((byte, i) => {
    for (const reading of inStep) {
      reading.push(byte);
      reading.expect(() => `two readers at once, after ${table.place(i + 1)}`, table.between(0, i + 1), 'open');
    }
  });
  for (const place of places) {
    const [first, second] = [read(), read()];
    first.push(whole.subarray(0, place));
    second.push(whole);
    second.expect(() => `a reader while another is at ${table.place(place)}`, all, 'open');
    first.push(whole.subarray(place));
    first.expect(() => `a reader at ${table.place(place)}, after another has read all`, all, 'open');
  }
}

function verifyRoundTrip<T>(
  table: FrameTable<T>,
  read: () => Reading<T>,
  encode: ((frame: T) => Uint8Array) | undefined,
  { manyForms = false }: VerifyOptions<T>,
): void {
  if (encode === undefined) return;
  table.frames.forEach(({ bytes, frame }, i) => {
    if (frame === undefined) return;
    const encoded = FrameTable.own(encode(frame));
    if (!manyForms && !encoded.equals(bytes)) {
      throw new Error(
        `Cannot verify the decoder, encoding frame ${i}: there is ${show(encoded)}, and there should be ${show(bytes)}, ` +
          `from byte ${firstDifference(encoded, bytes)} on`,
      );
    }
    const reading = read();
    reading.push(encoded);
    reading.end();
    reading.expect(`decoding what frame ${i} is encoded to, ${show(encoded)}`, [frame], 'complete');
  });
}

function listPlaces(cut: readonly Buffer[]): string {
  let at = 0;
  const places = cut.slice(0, -1).map(({ length }) => {
    at += length;
    return at;
  });
  return `[${places.slice(0, NAMED).join(', ')}${places.length > NAMED ? ', …' : ''}]`;
}
