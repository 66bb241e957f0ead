/** The frames that a decoder must find, and where each of them is in the bytes of all frames. */

import { firstDifference } from '../firstDifference';
import { byteByByte } from './byteByByte';
import { cutAt } from './cutAt';

/** Places that are spread evenly over the bytes, besides those at borders. */
const SPREAD = 250;
/** How many bytes behind the start of a frame, and before its end, are taken for its header and its trailer. */
const HEADER = 16;
const TRAILER = 4;
/** Of so many frames each byte of the header is a place; of all others the borders, and one byte before and behind them. */
const WITH_HEADER = 100;
/** Longer input is not cut into single bytes, but at borders, headers and trailers. In between there are so many chunks. */
const SINGLE = 4096;
const CHUNKS = 2048;

/** A frame, and where it ends. */
interface Entry<T> {
  readonly bytes: Buffer;
  readonly frame: T | undefined;
  readonly start: number;
  readonly end: number;
}

export class FrameTable<T> {
  /** All bytes, in memory of their own. */
  readonly whole: Buffer;
  /** A copy that no decoder sees. */
  private readonly original: Buffer;
  /** The places to cut, end or cancel at, with the first and the last. */
  readonly places: readonly number[];
  readonly entries: readonly Entry<T>[];
  /** The frames that are emitted, and where each of them ends. */
  readonly frames: readonly T[];
  private readonly ends: readonly number[];

  /** @param pairs - Frames in order; `undefined` is for bytes that are passed over. */
  constructor(pairs: readonly (readonly [bytes: Uint8Array | string, frame: T | undefined])[]) {
    let end = 0;
    this.entries = pairs.map(([text, frame]) => {
      const bytes = FrameTable.own(text);
      const start = end;
      end += bytes.length;
      return { bytes, frame, start, end };
    });
    this.whole = FrameTable.own(Buffer.concat(this.entries.map(({ bytes }) => bytes)));
    this.original = FrameTable.own(this.whole);
    const emitted = this.entries.filter(({ frame }) => frame !== undefined);
    this.frames = emitted.map(({ frame }) => frame as T);
    this.ends = emitted.map((entry) => entry.end);
    this.places = listPlaces(end, this.entries);
  }

  /** Copies bytes into memory of their own, so that a view of it can't be a view of anything else. */
  static own(bytes: Uint8Array | string): Buffer {
    return Buffer.from(new Uint8Array(Buffer.from(bytes as string)).buffer);
  }

  /** How many frames have been emitted when the bytes through `place` are read. */
  count(place: number): number {
    return countUpTo(this.ends, place);
  }

  /** Where the last frame that ends by `place` ends. */
  lastEnd(place: number): number {
    return this.entry(place)?.start ?? this.whole.length;
  }

  /** The frame that a place is in, the frame before it and the one behind it: what is read to look at that place. */
  around(place: number): { readonly from: number; readonly to: number } {
    const i = this.entryIndex(place);
    return {
      from: this.entries[Math.max(0, i - 1)]?.start ?? 0,
      to: this.entries[Math.min(this.entries.length - 1, i + 1)]?.end ?? 0,
    };
  }

  /** The bytes between two places in small chunks: single bytes, of longer input those at borders. */
  fine(from: number, to: number): Buffer[] {
    const part = this.whole.subarray(from, to);
    if (part.length <= SINGLE) return byteByByte(part);
    return cutAt(
      part,
      this.finePlaces(from, to).map((place) => place - from),
    );
  }

  /** Like {@link fine}, in fewer chunks: single bytes at both ends, and few chunks between them. */
  quick(from: number, to: number): Buffer[] {
    const part = this.whole.subarray(from, to);
    if (part.length <= 4 * HEADER) return byteByByte(part);
    const step = Math.ceil((part.length - 2 * HEADER) / HEADER);
    const middle = Array.from({ length: HEADER - 1 }, (_, i) => HEADER + (i + 1) * step);
    const last = part.length - HEADER;
    return [
      ...byteByByte(part.subarray(0, HEADER)),
      ...cutAt(
        part.subarray(HEADER, last),
        middle.map((place) => place - HEADER).filter((place) => place < last - HEADER),
      ),
      ...byteByByte(part.subarray(last)),
    ];
  }

  /** Where {@link fine} cuts. */
  finePlaces(from: number, to: number): number[] {
    const length = to - from;
    if (length <= SINGLE) return Array.from({ length: Math.max(0, length - 1) }, (_, i) => from + i + 1);
    const places = new Set<number>();
    for (let place = from; place < to; place += Math.ceil(length / CHUNKS)) places.add(place);
    for (const { start, end } of this.entries) addBorders(places, start, end, HEADER, TRAILER);
    return [...places].filter((place) => place > from && place < to).sort((a, b) => a - b);
  }

  /** A place in words: `byte 5 (2 of the 4 bytes of frame 1)`. */
  place(at: number): string {
    const i = this.entryIndex(at);
    const entry = this.entries[i];
    if (entry === undefined || at === entry.start) return `byte ${at}`;
    return `byte ${at} (${at - entry.start} of the ${entry.end - entry.start} bytes of frame ${i})`;
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

  private entry(place: number): Entry<T> | undefined {
    return this.entries[this.entryIndex(place)];
  }

  /** The number of the frame that has the byte at `place`. */
  private entryIndex(place: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle] as Entry<T>).end > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** How many of these numbers, which go up, are at most `most`. */
function countUpTo(numbers: readonly number[], most: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) > most) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** All places of short input; of longer one those at the borders of frames and in their headers, and others spread evenly. */
function listPlaces(length: number, entries: readonly { readonly start: number; readonly end: number }[]): number[] {
  const places = new Set<number>();
  const spread = Math.min(length, SPREAD);
  for (let i = 0; i <= spread; i++) places.add(Math.round((i * length) / spread || 0));
  entries.forEach(({ start, end }, i) => {
    const header = i < WITH_HEADER;
    addBorders(places, start, end, header ? HEADER : 1, header ? TRAILER : 1);
  });
  return [...places].sort((a, b) => a - b);
}

function addBorders(places: Set<number>, start: number, end: number, header: number, trailer: number): void {
  for (let place = start; place <= Math.min(end, start + header); place++) places.add(place);
  for (let place = Math.max(start, end - trailer); place <= end; place++) places.add(place);
}
