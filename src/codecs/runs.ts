import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Decoder, Run } from './Decoder';

type Decode<T> = Decoder<T>['decode'];

/**
 * The runs of the library's own decoders, each with the `decode` that it goes with: a decoder that is made of another one, and
 * brings a `decode` of its own, has no run.
 */
const RUN = Symbol('run');

interface WithRun<T> {
  [RUN]?: Run<T>;
}

/** Notes that `run` does what `decode` does, for many frames. Returns `decode`. */
export function withRun<T>(decode: Decode<T>, run: Run<T>): (buffer: ByteBuffer, ended: boolean) => T | undefined {
  (decode as WithRun<T>)[RUN] = run;
  return decode;
}

/** The run that goes with a decoder. */
export function runOf<T>({ decode }: Decoder<T>): Run<T> | undefined {
  return (decode as WithRun<T>)[RUN];
}
