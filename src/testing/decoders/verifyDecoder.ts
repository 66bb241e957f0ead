/**
 * Checks that a decoder is right, however the network cuts its bytes.
 *
 * Every check is one sentence about what must hold, and goes over all the places at which it could fail to. So the first
 * that fails names the smallest thing that is wrong, with the cut, the byte and the frame. Where not all can be tried
 * (a long input has 2^n cuts) they are drawn from a seed. A cut that fails is made as small as it can be.
 *
 * To look at a place, the frame there and its neighbours are read: so the time grows with the length of the input, and not with its square.
 */
import type { OperatorFunction } from 'rxjs';
import { assertByteCount, assertCount } from '../../argumentChecks';
import type { Codec, Decoder, GeneratorCodec } from '../../codecs/Decoder';
import type { FrameGenerator } from '../../codecs/generatorDecoder';
import { defaults } from '../../defaults';
import { assertSeed } from '../assertSeed';
import { isMatcher } from '../Matcher';
import { runSettings } from '../runSettings';
import { showInLine as show } from '../showInLine';
import type { Decoding } from '../toOperator';
import { DecoderTrial } from './DecoderTrial';
import type { ExpectedFrame, FramePair, NoInference } from './FramePair';
import { FrameTable } from './FrameTable';
import { verifyCancels } from './verifyCancels';
import { verifyCost } from './verifyCost';
import { verifyCut } from './verifyCut';
import { verifyCuts } from './verifyCuts';
import { verifyEnds } from './verifyEnds';
import { verifyGivenCut } from './verifyGivenCut';
import { type Malformed, verifyMalformed } from './verifyMalformed';
import { verifyObservable } from './verifyObservable';
import { verifyOneByOne } from './verifyOneByOne';
import { verifyRoundTrip } from './verifyRoundTrip';
import { verifySharing } from './verifySharing';
import { verifyShrinking } from './verifyShrinking';

/** Options of {@link verifyDecoder}. */
export interface VerifyOptions<T> {
  /** How many seeded cuts are tried of an input too long for all of them. Default 100; at least `RXJS_TCP_RUNS`. */
  readonly cuts?: number | undefined;
  /** Which seeded cuts. Default 1; `RXJS_TCP_SEED` in its place. */
  readonly seed?: number | undefined;
  /** Only this cut: the places, in bytes, as the message of a failure has them. Nothing else is checked. */
  readonly cut?: readonly number[] | undefined;
  /** The limit of the reader that the decoder works on, in bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
  /** What the stream's end inside a frame gives; by default an `IncompleteReadError` that has its bytes. */
  readonly atEnd?:
    | ((partial: Buffer) => { readonly frames: readonly ExpectedFrame<T>[]; readonly error?: unknown })
    | undefined;
  /** A read that is left loses what it has of a frame: an operator with a buffer of its own does. Default `false`. */
  readonly forgets?: boolean | undefined;
  /** Whether other bytes may decode to the same frame, so that `encode` may return them. Default `false`. */
  readonly manyForms?: boolean | undefined;
  /** Encodes a frame. Default: the decoder's own `encode`, if it has one. */
  readonly encode?: ((frame: T) => Uint8Array) | undefined;
  /** Whether it fails if the decoder looks at the same bytes again and again. Default `true`. */
  readonly cost?: boolean | undefined;
}

/**
 * Checks that a decoder returns the same frames however its bytes arrive, and that nothing is lost when a read stops.
 *
 * - Two readers at once do not affect each other.
 * - Cut: all at once, byte by byte, in two at each byte (of long inputs at borders, in headers and at 250 other places), in every way (short
 *   inputs) or in seeded ways (long ones); from a reader, and from an Observable with empty chunks.
 * - Prompt: a frame comes with its last byte.
 * - End of the stream at each byte: between frames it completes; inside a frame it is an `IncompleteReadError` that has all
 *   bytes of that frame.
 * - Cancelled at each byte: the unfinished frame is still there, the next read goes on with it, and another reader sees
 *   nothing of it. One frame for each of several reads.
 * - Wrong bytes lead to their error, in every cut.
 * - Nothing is written over: neither the bytes that came nor a frame that was emitted.
 * - Cost: at most 8 times as many bytes are looked at as come, and 64 KiB.
 * - Round trip, if it encodes.
 *
 * @example
 * ```ts
 * import { lengthPrefixed, LimitOverrunError } from 'rxjs-tcp';
 * import { verifyDecoder } from 'rxjs-tcp/testing';
 *
 * verifyDecoder(lengthPrefixed({ bytes: 1, maxLength: 100 }), [
 *   ['\x02hi', 'hi'],
 *   ['\x00', ''],
 *   ['\x65', LimitOverrunError],
 * ]);
 * console.log('passed'); // → passed
 * ```
 * @param decoder - A decoder, a codec, a generator function, or any operator on bytes; or a function that makes one for each reader.
 * @param pairs - Frames, in order: their bytes, and what they decode to, with bytes as text and with matchers of Jest and Vitest; and wrong
 *   bytes, each with its error: a class, a regular expression, an error or a matcher. `IncompleteReadError` is for bytes that only the end of
 *   the stream makes wrong.
 * @param options - `cuts`, `seed`, `cut`, `limit` in bytes; `atEnd`, `forgets`, `manyForms`, `encode`, `cost`.
 * @throws `Error` that names the cut, the byte and the frame where it fails, with the fewest pieces; its `cause` is what the decoder threw.
 *   `TypeError` or `RangeError` for an invalid decoder, invalid pairs or options, and for pairs without a single byte.
 */
export function verifyDecoder<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  pairs: readonly FramePair<NoInference<T>>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  codec: Pick<GeneratorCodec<T>, 'decode'>,
  pairs: readonly FramePair<NoInference<T>>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  operator: OperatorFunction<Uint8Array, T>,
  pairs: readonly FramePair<NoInference<T>>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  makeDecoder: () => Decoder<T> | FrameGenerator<T> | OperatorFunction<Uint8Array, T>,
  pairs: readonly FramePair<NoInference<T>>[],
  options?: VerifyOptions<T>,
): void;
export function verifyDecoder<T>(
  decoder: Decoding<T> | (() => Decoding<T>),
  pairs: readonly FramePair<T>[],
  options: VerifyOptions<T> = {},
): void {
  const { limit = defaults.limit, cut, cost = true, forgets = false, manyForms = false, atEnd } = options;
  const { seed = 1, cuts = 100 } = options;
  assertCount('cuts', cuts);
  assertSeed(seed);
  if (!Array.isArray(pairs)) throw new TypeError(`Cannot use ${show(pairs)} as pairs: it must be an array`);
  const encode = options.encode ?? (decoder as Partial<Codec<T>>).encode?.bind(decoder);
  const settings = runSettings({ seed, runs: cuts });
  const shared = { cuts: settings.runs, seed: settings.seed, limit, atEnd, forgets, manyForms, encode };
  const { frames, malformed } = sortPairs(decoder, pairs as readonly FramePair<T>[], shared);
  const trial = new DecoderTrial(decoder, new FrameTable(frames), shared);
  // What decodes nothing proves nothing.
  if (trial.table.whole.length === 0 && malformed.length === 0) {
    throw new RangeError('Cannot verify the decoder: there is no frame to decode');
  }
  if (cut !== undefined) {
    assertCut(cut, trial.table.whole.length);
    verifyGivenCut(trial, cut);
    return;
  }
  const { whole } = trial.table;
  verifyCut(trial, 'all at once', [whole]);
  verifySharing(trial);
  verifyShrinking(trial, 'byte by byte', trial.table.finePlaces(0, whole.length));
  if (cost) verifyCost(trial);
  verifyCuts(trial);
  verifyObservable(trial);
  verifyEnds(trial);
  verifyCancels(trial);
  verifyOneByOne(trial);
  for (const one of malformed) verifyMalformed(trial, one);
  verifyRoundTrip(trial);
}

/** Parts the frames from the bytes that are wrong. */
function sortPairs<T>(
  decoder: Decoding<T> | (() => Decoding<T>),
  pairs: readonly FramePair<T>[],
  options: ConstructorParameters<typeof DecoderTrial<T>>[2],
): { frames: (readonly [Uint8Array | string, unknown])[]; malformed: Malformed[] } {
  const frames: (readonly [Uint8Array | string, unknown])[] = [];
  const malformed: Malformed[] = [];
  pairs.forEach(([bytes, expected], index) => {
    const fails = () => {
      const reading = new DecoderTrial<T>(decoder, new FrameTable([]), options).expecting([]);
      reading.push(FrameTable.own(bytes));
      reading.end();
      return reading.outcome;
    };
    if (isFailure(expected, fails)) malformed.push({ index, bytes, error: expected });
    else frames.push([bytes, expected]);
  });
  return { frames, malformed };
}

/**
 * Whether it is an error that is expected. An error may also be a frame, as those of Redis, and a matcher may be for either: then what the
 * decoder does with the bytes tells. A matcher that accepts just anything is for a frame.
 */
function isFailure(expected: unknown, fails: () => unknown): boolean {
  if (expected instanceof RegExp) return true;
  if (typeof expected === 'function' && !isMatcher(expected)) {
    return expected === Error || expected.prototype instanceof Error;
  }
  if (isMatcher(expected)) {
    const outcome = fails();
    return outcome instanceof Error && expected.asymmetricMatch(outcome) && !expected.asymmetricMatch({});
  }
  return expected instanceof Error && fails() instanceof Error;
}

function assertCut(cut: readonly number[], length: number): void {
  if (!Array.isArray(cut)) throw new TypeError(`Cannot use ${show(cut)} as cut: it must be an array of places`);
  cut.forEach((place, i) => {
    assertByteCount('a place of the cut', place, 0, length);
    if (place < (cut[i - 1] ?? 0)) throw new RangeError(`Cannot cut at [${cut}]: the places must go up`);
  });
}
