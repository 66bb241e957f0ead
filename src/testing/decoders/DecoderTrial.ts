import { Subject } from 'rxjs';
import { StreamReader } from '../../reading/StreamReader';
import { type Decoding, toOperator } from '../toOperator';
import { DecoderReading } from './DecoderReading';
import type { FrameTable } from './FrameTable';

/** How a decoder is tried: what the checks have in common. */
export interface TrialOptions<T> {
  readonly cuts: number;
  readonly seed: number;
  readonly limit: number;
  readonly atEnd: ((partial: Buffer) => { readonly frames: readonly unknown[]; readonly error?: unknown }) | undefined;
  readonly forgets: boolean;
  readonly manyForms: boolean;
  readonly encode: ((frame: T) => Uint8Array) | undefined;
}

/** A decoder, and the frames that it is to find. */
export class DecoderTrial<T> {
  constructor(
    private readonly decoding: Decoding<T> | (() => Decoding<T>),
    readonly table: FrameTable<unknown>,
    readonly options: TrialOptions<T>,
  ) {}

  /**
   * A new reader with a decoder of its own, if a function makes them.
   *
   * @param from - Where in the bytes it begins: the frames behind that are expected.
   */
  read(from = 0): DecoderReading<T> {
    return this.expecting(this.after(from));
  }

  /** The same on an Observable that is no reader. */
  readObservable(from = 0): DecoderReading<T> {
    return new DecoderReading(toOperator(this.decoding), new Subject(), this.after(from));
  }

  /** A new reader that is to give these frames. */
  expecting(frames: readonly unknown[]): DecoderReading<T> {
    return new DecoderReading(toOperator(this.decoding), new StreamReader(this.options.limit), frames);
  }

  /** The frames that end behind a place. */
  after(from: number): readonly unknown[] {
    return this.table.frames.slice(this.table.count(from));
  }

  /** How many frames there are between two places. */
  count(from: number, to: number): number {
    return this.table.count(to) - this.table.count(from);
  }
}
