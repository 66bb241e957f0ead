/** The frames that a decoder must find, and where each of them is in the bytes of all frames. */

import { firstDifference } from '../firstDifference';

/** The bytes of a frame, and what they decode to: `undefined` for bytes that the decoder skips. */
export type FramePair<T> = readonly [bytes: Uint8Array | string, frame: T | undefined];

/** The largest number of places at which an input is ended, cancelled or cut in two. In a longer input they are spread evenly. */
const PLACES = 250;

export class FrameTable<T> {
  /** All bytes, in memory of their own. */
  readonly whole: Buffer;
  /** A copy that no decoder sees. */
  private readonly original: Buffer;
  /** The places to cut, end or cancel at, with the first and the last. */
  readonly places: readonly number[];
  readonly frames: readonly { readonly bytes: Buffer; readonly frame: T | undefined; readonly end: number }[];

  constructor(pairs: readonly FramePair<T>[]) {
    let end = 0;
    this.frames = pairs.map(([text, frame]) => {
      const bytes = FrameTable.own(text);
      end += bytes.length;
      return { bytes, frame, end };
    });
    this.whole = FrameTable.own(Buffer.concat(this.frames.map(({ bytes }) => bytes)));
    this.original = FrameTable.own(this.whole);
    this.places = Array.from({ length: Math.min(end, PLACES) + 1 }, (_, i) =>
      Math.round((i * end) / Math.min(end, PLACES) || 0),
    );
  }

  /** Copies bytes into memory of their own, so that a view of it can't be a view of anything else. */
  static own(bytes: Uint8Array | string): Buffer {
    return Buffer.from(new Uint8Array(Buffer.from(bytes as string)).buffer);
  }

  /** The frames that end after `from` and by `to`. */
  between(from: number, to: number): (T | undefined)[] {
    return this.frames
      .filter(({ frame, end }) => frame !== undefined && end > from && end <= to)
      .map(({ frame }) => frame);
  }

  /** The end of the last frame that ends by `to`. */
  lastEnd(to: number): number {
    return Math.max(0, ...this.frames.map(({ end }) => end).filter((end) => end <= to));
  }

  /** A place in words: `byte 5 (2 of the 4 bytes of frame 1)`. */
  place(at: number): string {
    const i = this.frames.findIndex(({ end }) => end > at);
    const start = this.lastEnd(at);
    if (i < 0 || at === start) return `byte ${at}`;
    return `byte ${at} (${at - start} of the ${(this.frames[i]?.end as number) - start} bytes of frame ${i})`;
  }

  /** Which byte the decoder has changed, in words. Afterwards all bytes are as before. */
  changed(): string | undefined {
    const { whole, original } = this;
    if (whole.equals(original)) return undefined;
    const at = firstDifference(whole, original);
    const now = whole[at];
    original.copy(whole);
    return `${this.place(at)} of what arrived, from ${original[at]} to ${now}`;
  }
}
