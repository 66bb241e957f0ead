/**
 * The runs of the library's own decoders, each with the `decode` that it goes with: a decoder that is made of another one, and
 * brings a `decode` of its own, has no run.
 */
import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Decoder, Run } from './Decoder';

type Decode<T> = (buffer: ByteBuffer, ended: boolean) => T | undefined;

const RUN = /* @__PURE__ */ Symbol('run');

interface WithRun<T> {
  [RUN]?: Run<T>;
}

export const runs = {
  /** Notes that `run` does for many frames what `decode` does for one. Returns `decode`. */
  add<T>(decode: Decode<T>, run: Run<T>): Decode<T> {
    (decode as WithRun<T>)[RUN] = run;
    return decode;
  },

  /** The run that goes with a decoder. */
  of<T>({ decode }: Decoder<T>): Run<T> | undefined {
    return (decode as WithRun<T>)[RUN];
  },
};
