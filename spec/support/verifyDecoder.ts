import { isDeepStrictEqual } from 'node:util';
import { type OperatorFunction, type Subscription, take } from 'rxjs';
import type { FrameGenerator } from '../../src/codecs/generatorDecoder';
import type { Codec, Decoder } from '../../src/Decoder';
import { IncompleteReadError } from '../../src/errors';
import { decode } from '../../src/operators/decode';
import { StreamReader } from '../../src/StreamReader';
import { byteByByte, cutAt, everyCut, seededCuts } from './cuts';

/** The bytes of a frame, and what they decode to. `undefined` is for bytes that are passed over. */
export type FramePair<T> = readonly [bytes: Uint8Array | string, frame: T | undefined];

export interface VerifyOptions<T> {
  /** How many seeded cuts are tried of an input too long for all of them. Default 100. */
  readonly cuts?: number;
  /** Which seeded cuts. Default 1. */
  readonly seed?: number;
  /** The longest reader limit the decoder is to work with, in bytes. Default that of a reader. */
  readonly limit?: number;
  /** What the stream's end inside a frame gives; by default an `IncompleteReadError` that has its bytes. */
  readonly atEnd?: (partial: Buffer) => { readonly frames: readonly T[]; readonly error?: unknown };
  /** A frame's bytes are not the only ones that decode to it, so `encode` may give others. Default `false`. */
  readonly manyForms?: boolean;
  /** Encodes a frame; by default the decoder's own `encode`, where it has one. */
  readonly encode?: (frame: T) => Uint8Array;
}

/** Inputs up to this many bytes are cut in every way there is. */
const EVERY_CUT = 11;
/** A longer input is not ended, cancelled or cut in two at every byte, but at so many, spread evenly. */
const PLACES = 250;

/**
 * Checks that a decoder gives the same frames however its bytes arrive, and that nothing is lost when a read stops.
 *
 * - Cut: all at once, byte by byte, in two at each byte, in every way (short inputs) or in seeded ways (long ones).
 * - Prompt: a frame comes with its last byte.
 * - End of the stream at each byte: between frames it completes, inside one it is an `IncompleteReadError` that has all
 *   bytes of that frame.
 * - Cancelled at each byte: the unfinished frame is still there, and the next read goes on with it.
 * - One frame for each of several reads, and two readers at once through the same operator.
 * - Round trip, if it encodes.
 *
 * @param decoder - A decoder, a codec or a generator function.
 * @param pairs - Frames, in order: their bytes, and what they decode to.
 * @throws Error - That names the cut, the seed, the byte and the frame where it fails.
 */
export function verifyDecoder<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  pairs: readonly FramePair<T>[],
  options: VerifyOptions<T> = {},
): void {
  const { cuts = 100, seed = 1 } = options;
  const operator = decode(decoder as Decoder<T>);
  const frames = pairs.map(([bytes, frame]) => ({ bytes: own(bytes), frame }));
  const whole = own(Buffer.concat(frames.map(({ bytes }) => bytes)));
  const ends: number[] = [];
  for (const { bytes } of frames) ends.push((ends.at(-1) ?? 0) + bytes.length);

  /** The frames that end between two places, and where the last one that ends before `to` does. */
  const between = (from: number, to: number) =>
    frames.filter(({ frame }, i) => frame !== undefined && ends[i]! > from && ends[i]! <= to).map(({ frame }) => frame);
  const lastEnd = (to: number) => Math.max(0, ...ends.filter((end) => end <= to));
  const places = placesIn(whole.length);

  function verifyCut(name: string, chunks: Buffer[]): void {
    const read = new Reading(operator, options.limit);
    let at = 0;
    for (const chunk of chunks) {
      read.push(chunk);
      at += chunk.length;
      read.expect(`${name}, after byte ${at}`, between(0, at), 'open');
    }
    read.end();
    read.expect(`${name}, at the end`, between(0, whole.length), 'complete');
  }

  verifyCut('all at once', [whole]);
  verifyCut('byte by byte', byteByByte(whole));
  for (const place of places.slice(1, -1)) verifyCut(`cut in two at byte ${place}`, cutAt(whole, [place]));
  if (whole.length <= EVERY_CUT) {
    for (const cut of everyCut(whole)) verifyCut(`cut at ${placesOf(cut)}`, cut);
  } else {
    seededCuts(whole, cuts, seed).forEach((cut, i) => {
      verifyCut(`seed ${seed}, cut ${i} at ${placesOf(cut)}`, cut);
    });
  }

  for (const place of places) {
    const partial = whole.subarray(lastEnd(place), place);
    const more = partial.length === 0 || options.atEnd === undefined ? undefined : options.atEnd(partial);
    for (const [way, chunks] of [
      ['', [whole.subarray(0, place)]],
      [' byte by byte', byteByByte(whole.subarray(0, place))],
    ] as const) {
      const read = new Reading(operator, options.limit);
      read.push(...chunks);
      read.end();
      const name = `with the end of the stream at byte ${place}${way}`;
      const error = more === undefined ? new IncompleteReadError(partial, null) : more.error;
      const outcome = partial.length === 0 || error === undefined ? 'complete' : error;
      read.expect(name, [...between(0, place), ...(more?.frames ?? [])], outcome);
    }
  }

  for (const place of places) {
    const name = `cancelled at byte ${place}`;
    const first = new Reading(operator, options.limit);
    first.push(...byteByByte(whole.subarray(0, place)));
    first.cancel();
    first.expect(name, between(0, place), 'open');
    first.expectLeft(name, place - lastEnd(place));
    const second = new Reading(operator, options.limit, first.reader);
    second.push(whole.subarray(place));
    second.end();
    second.expect(`${name}, in the read after it`, between(place, whole.length), 'complete');
  }

  verifyOneByOne();
  verifyTwoReaders();
  verifyRoundTrip();

  function verifyOneByOne(): void {
    const { reader } = new Reading(operator, options.limit, undefined, false);
    reader.input.push(whole);
    frames.forEach(({ frame }, i) => {
      if (frame === undefined) return;
      const read = new Reading((source) => source.pipe(operator, take(1)), 0, reader);
      read.expect(`one read for each frame, read ${i}`, [frame], 'complete');
      read.expectLeft(`after a read for each of ${i + 1} frames`, whole.length - ends[i]!);
    });
  }

  function verifyTwoReaders(): void {
    const [one, two] = [new Reading(operator, options.limit), new Reading(operator, options.limit)];
    for (const byte of byteByByte(whole)) {
      one.push(byte);
      two.push(byte);
    }
    for (const read of [one, two]) {
      read.end();
      read.expect('two readers at once', between(0, whole.length), 'complete');
    }
  }

  function verifyRoundTrip(): void {
    const encode = options.encode ?? (decoder as Partial<Codec<T>>).encode?.bind(decoder);
    if (encode === undefined) return;
    frames.forEach(({ bytes, frame }, i) => {
      if (frame === undefined) return;
      const encoded = own(encode(frame));
      if (!options.manyForms && !encoded.equals(bytes)) fail(`encoding frame ${i}`, show(encoded), show(bytes));
      const read = new Reading(operator, options.limit);
      read.push(encoded);
      read.end();
      read.expect(`decoding what frame ${i} is encoded to, ${show(encoded)}`, [frame], 'complete');
    });
  }
}

/** One read of a reader that is fed by hand. */
class Reading<T> {
  readonly reader: StreamReader;
  private readonly frames: T[] = [];
  /** How many of them were compared already. */
  private checked = 0;
  private outcome: unknown = 'open';
  private subscription: Subscription | undefined;

  constructor(
    operator: OperatorFunction<Uint8Array, T>,
    limit?: number | undefined,
    reader?: StreamReader | undefined,
    subscribe = true,
  ) {
    this.reader = reader ?? new StreamReader(limit);
    if (!subscribe) return;
    this.subscription = this.reader.pipe(operator).subscribe({
      next: (frame) => this.frames.push(frame),
      error: (error) => {
        this.outcome = error;
      },
      complete: () => {
        this.outcome = 'complete';
      },
    });
  }

  push(...chunks: readonly Buffer[]): void {
    for (const chunk of chunks) this.reader.input.push(chunk);
  }

  end(): void {
    this.reader.input.end();
  }

  cancel(): void {
    this.subscription?.unsubscribe();
  }

  expect(name: string, frames: readonly unknown[], outcome: unknown): void {
    for (let i = this.checked; i < Math.max(frames.length, this.frames.length); i++) {
      if (i >= this.frames.length) fail(name, `no frame ${i}`, show(frames[i]), this.outcome);
      if (i >= frames.length) fail(name, `a frame ${i}, ${show(this.frames[i])}`, 'none', this.outcome);
      if (!same(this.frames[i], frames[i])) fail(name, `frame ${i}, ${show(this.frames[i])}`, show(frames[i]));
    }
    this.checked = frames.length;
    if (sameOutcome(this.outcome, outcome)) return;
    fail(name, `the outcome ${show(this.outcome)}`, show(outcome));
  }

  expectLeft(name: string, bytes: number): void {
    const { bufferedAmount } = this.reader;
    if (bufferedAmount !== bytes) fail(name, `${bufferedAmount} bytes unread`, `${bytes}`);
  }
}

function fail(name: string, found: string, expected: string, outcome: unknown = 'open'): never {
  const why = outcome === 'open' || outcome === 'complete' ? '' : ` (${show(outcome)})`;
  throw new Error(`Cannot verify the decoder, ${name}: there is ${found}, and there should be ${expected}${why}`, {
    cause: outcome,
  });
}

/** In memory of their own, so that a view of it can't be mistaken for another. */
function own(bytes: Uint8Array | string): Buffer {
  return Buffer.from(new Uint8Array(Buffer.from(bytes as string)).buffer);
}

function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}

function sameOutcome(one: unknown, other: unknown): boolean {
  if (one instanceof IncompleteReadError && other instanceof IncompleteReadError)
    return one.partial.equals(other.partial);
  if (one instanceof Error && other instanceof Error) {
    return one.constructor === other.constructor && one.message === other.message;
  }
  return one === other;
}

function show(value: unknown): string {
  if (value instanceof IncompleteReadError) return `IncompleteReadError with ${show(value.partial)}`;
  if (value instanceof Error) return `${value}`;
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('latin1')).slice(0, 200);
  return (JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner)) ?? `${value}`).slice(
    0,
    200,
  );
}

function placesIn(length: number): number[] {
  if (length <= PLACES) return Array.from({ length: length + 1 }, (_, i) => i);
  return Array.from({ length: PLACES + 1 }, (_, i) => Math.round((i * length) / PLACES));
}

function placesOf(cut: readonly Buffer[]): string {
  let at = 0;
  const places = cut.slice(0, -1).map(({ length }) => (at += length));
  return `[${places.slice(0, 40).join(', ')}${places.length > 40 ? ', …' : ''}]`;
}
