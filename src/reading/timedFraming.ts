import type { Framing, MakeDecoder, OwnDecoder, SearchingDecoder } from '../codecs/Decoder';
import { SocketTimeoutError } from '../errors';
import { FrameWatch } from './FrameWatch';

/** What happens when a frame takes too long. */
export interface FrameTimeLimit {
  /** In milliseconds. */
  readonly timeout: number;
  /** Gets the bytes of the unfinished frame, and the read goes on; a `resync` tells them itself. Without it, the read ends with an error. */
  readonly drop?: ((bytes: Buffer) => void) | undefined;
}

/**
 * Limits the time that a read may wait for the rest of one frame: see {@link FrameWatch}.
 *
 * @param framing - Cuts the frames.
 */
export function timedFraming<T>(framing: Framing<T>, { timeout, drop }: FrameTimeLimit): MakeDecoder<T> {
  const searching = framing as Partial<SearchingDecoder<T>>;
  return (loop, fail) => {
    const make = (): Partial<OwnDecoder<T>> & Pick<OwnDecoder<T>, 'decode'> =>
      typeof framing === 'function'
        ? framing(loop, fail)
        : { decode: (buffer, ended) => framing.decode(buffer, ended) };
    let decoder = make();
    const watch = new FrameWatch(loop.buffer, timeout, () => {
      if (drop === undefined) {
        fail(new SocketTimeoutError('frame', timeout));
        return;
      }
      if (typeof searching.giveUp === 'function') {
        searching.giveUp(loop.buffer);
        // The loop looks at its bytes again, as after any hold.
        loop.hold();
        loop.release();
        return;
      }
      // The generator of the dropped frame ends here, and not when the next frame begins.
      decoder.release?.();
      decoder = make();
      loop.seize((bytes) => {
        try {
          drop(bytes as Buffer);
        } catch (error) {
          fail(error);
        }
      });
    });
    return {
      watch,
      decode: (buffer, ended) => decoder.decode(buffer, ended),
      release() {
        watch.stop();
        decoder.release?.();
      },
    };
  };
}
