import type { OperatorFunction } from 'rxjs';
import { assertTimeout, checkLimit } from '../argumentChecks';
import type { LimitOverrunError } from '../errors';
import { SilenceDecoder } from '../reading/SilenceDecoder';
import { cutFrames } from './cutFrames';

/** Options of {@link silence}. */
export interface SilenceOptions {
  /** The longest frame in bytes. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /**
   * Called for each frame that is longer than `limit`: the frame is dropped through its pause, and the stream goes on after it.
   * Without `onOverrun`, such a frame is an error.
   */
  readonly onOverrun?: ((error: LimitOverrunError) => void) | undefined;
}

/**
 * Frames that end where the peer sends nothing for a while: Modbus RTU over TCP, ccTalk, and other protocols of serial lines.
 *
 * ```marbles
 * arrives  'ab'--'cd'------------------'ef'-----------|
 *          reader.pipe(silence(8))
 * emits    --------------'abcd'----------------'ef'---|
 * ```
 *
 * The pause is measured when bytes arrive. So a hold makes no pause: what arrives while the reader is held is cut where the
 * peer paused. While the reader has paused its socket (above `2 × limit` unread bytes), no pause can be seen, and neither
 * between bytes that wait in the kernel: such frames come as one. The same goes for bytes that arrived before the subscription.
 * TCP may join and delay bytes, so choose a pause well above the jitter of the network.
 *
 * - Emits when nothing has arrived for `ms` milliseconds; at the end of the stream also the rest.
 * - Pauses when the reader is held.
 * - Completes when the source has ended and all frames are emitted.
 * - Errors when the source errors, after the frames that ended before it; and with a `LimitOverrunError` when a frame is longer
 *   than `limit`. What has arrived of that frame is dropped.
 *
 * Unsubscribing keeps all bytes that were not emitted in the reader.
 *
 * @example
 * ```ts
 * import { connectionPair, silence } from 'rxjs-tcp';
 *
 * const [device, host] = connectionPair();
 * host.reader.pipe(silence(20, { limit: 256 })).subscribe((frame) => console.log(`${frame}`));
 * device.writer.write('01 03');
 * setTimeout(() => device.writer.write(' 00'), 1);
 * setTimeout(() => device.writer.write('02 06'), 100); // → 01 03 00
 * setTimeout(() => device.writer.writeEof(), 101); // → 02 06
 * ```
 * @param ms - How long the pause is, in milliseconds.
 * @param options - `limit` in bytes, `onOverrun`.
 * @throws `TypeError` or `RangeError` for an invalid pause or limit.
 */
export function silence(ms: number, options: SilenceOptions = {}): OperatorFunction<Uint8Array, Buffer> {
  if (ms === undefined || ms === 0)
    throw new RangeError(`Cannot use ${ms} as the pause: it must be above 0 milliseconds`);
  assertTimeout('the pause', ms);
  const limit = checkLimit(options);
  const { onOverrun } = options;
  return (source) => cutFrames(source, (loop) => new SilenceDecoder(loop, ms, limit ?? loop.limit, onOverrun));
}
