/**
 * The search for valid frames in the bytes of one stream: see `resync`.
 *
 * Strategy. The decoder works on a probe: a second buffer that is fed with views of the stream's first bytes. So it may consume
 * what it likes, and throw. If it returns a frame, as many bytes of the stream are consumed. If it throws, the next marker gets a
 * new probe. A probe is fed in steps that double, so a false start costs no more than twice the bytes that the decoder
 * needed to refuse it.
 *
 *     aligned ── the decoder returns a frame ──► consumed; aligned if a marker follows
 *       │  └──── it throws ────────────────────► searching: from the next byte on
 *       ├─ needs more bytes ── stream goes on ──► waits
 *       │                  └── will not come ──► the next marker that leads to a whole frame; else the bytes stay
 *     searching ── a marker ──► aligned
 *           └──── none ──► skips all bytes that begin no marker
 *
 * Each byte of the stream earns credit for feeding 64 bytes again, and a false start has a price. Without credit, a marker is
 * passed over untried. So the work is linear.
 */
import { ByteBuffer } from '../bytes/ByteBuffer';
import type { Needle } from '../bytes/Needle';
import { IncompleteReadError, InvalidFrameError, LimitOverrunError } from '../errors';
import type { Decoder, OwnDecoder } from './Decoder';

/** How often a byte may be tried again, on average. */
const TRIES = 64;
/** How many bytes a probe gets first: behind a valid frame, and after a false start. */
const FIRST = 1024;
const FIRST_LOST = 16;
/** Credit is kept for as many bytes, or for all that are unread; and there is some from the start. */
const KEPT = 65_536;
const FIRST_CREDIT = 4096;
/** What a false start costs besides its bytes: the exception takes as long as many bytes (measured: 25 µs for two of them). */
const ATTEMPT = 512;

/** The bytes are no frame. */
const FALSE_START = Symbol('false start');
/** The bytes may be the start of a frame. */
const UNFINISHED = Symbol('unfinished');

type Attempt<T> = T | typeof FALSE_START | typeof UNFINISHED;

export class FrameSearch<T> {
  /** The stream's position after the last call: bytes that something else has consumed end an attempt. */
  private position = -1;
  private probe: ByteBuffer | undefined;
  /** How many bytes the probe got, of those that are not consumed. */
  private fed = 0;
  /** Behind a false start, and no valid frame yet. */
  private lost = false;
  private givesUp = false;
  /** The position behind the last byte that has earned credit. */
  private furthest = 0;
  private credit = TRIES * FIRST_CREDIT;
  private ended = false;

  constructor(
    private readonly buffer: ByteBuffer,
    private readonly framing: Decoder<T> | (() => OwnDecoder<T>),
    private readonly markers: readonly Needle[],
    private readonly onSkip: ((bytes: Buffer) => void) | undefined,
  ) {}

  /** The rest of the frame at the front will not come. */
  giveUp(): void {
    this.givesUp = true;
  }

  /** The next valid frame; `undefined` if it has not arrived, or if only bytes were skipped. */
  next(ended: boolean): T | undefined {
    const { buffer } = this;
    if (this.position !== buffer.position) this.probe = undefined;
    this.ended = ended;
    try {
      return this.search();
    } finally {
      this.givesUp = false;
      this.position = buffer.position;
    }
  }

  private search(): T | undefined {
    const { buffer } = this;
    // After each round, what it skipped is consumed: an exception in between loses nothing.
    for (let from = 0; ; ) {
      const at = from === 0 && this.startsHere() ? 0 : this.nextMarker(from);
      if (at < 0) return this.skip(buffer.length - this.tail());
      // The callback may end the read, so no frame is taken in the same call.
      if (at > 0) return this.skip(at);
      const frame = this.attempt(0);
      if (frame === UNFINISHED) return this.ended || this.givesUp ? this.searchInside() : undefined;
      if (frame !== FALSE_START) return this.consume(frame);
      from = 1;
    }
  }

  /** The frame at the front is cut off. There may be whole ones inside of it. */
  private searchInside(): T | undefined {
    this.probe = undefined;
    for (let at = this.nextMarker(1); at >= 0; at = this.nextMarker(at + 1)) {
      const frame = this.attempt(at);
      this.probe = undefined;
      if (frame !== FALSE_START && frame !== UNFINISHED) return this.skip(at);
    }
    return this.givesUp ? this.skip(this.buffer.length) : undefined;
  }

  /** Tries to decode a frame that begins `at` bytes from the front. */
  private attempt(at: number): Attempt<T | undefined> {
    if (this.probe === undefined) {
      this.earn(this.buffer.position + at);
      if (this.credit < 0) return FALSE_START;
      this.probe = new ByteBuffer(this.buffer.limit);
      this.fed = 0;
    }
    const { framing, probe } = this;
    const decoder = typeof framing === 'function' ? framing() : framing;
    try {
      for (;;) {
        const before = probe.length;
        const whole = at + this.fed === this.buffer.length;
        const frame = before === 0 ? undefined : decoder.decode(probe, this.ended && whole);
        if (frame !== undefined || probe.length < before) return frame;
        if (whole) return UNFINISHED;
        this.feed(at);
      }
    } catch (error) {
      this.probe = undefined;
      // The decoder has taken what is left, which stays here.
      if (error instanceof IncompleteReadError) return UNFINISHED;
      if (!(error instanceof InvalidFrameError || error instanceof LimitOverrunError)) throw error;
      this.lost = true;
      this.credit -= ATTEMPT;
      return FALSE_START;
    } finally {
      (decoder as Partial<OwnDecoder<T>>).release?.();
    }
  }

  /** Gives the probe the next bytes, and settles what that costs. */
  private feed(at: number): void {
    const { buffer, fed } = this;
    const size = Math.max(fed, this.lost ? FIRST_LOST : FIRST);
    const bytes = buffer.peek(size, at + fed);
    const from = buffer.position + at + fed;
    const to = from + bytes.length;
    this.credit -= Math.max(0, Math.min(to, this.furthest) - from);
    this.earn(to);
    (this.probe as ByteBuffer).append(bytes);
    this.fed = fed + bytes.length;
  }

  /** The bytes up to a position were seen. */
  private earn(to: number): void {
    if (to <= this.furthest) return;
    const most = TRIES * Math.max(KEPT, this.buffer.length);
    this.credit = Math.min(this.credit + TRIES * (to - this.furthest), most);
    this.furthest = to;
  }

  /** The decoder has taken bytes off the probe: they are consumed. */
  private consume(frame: T | undefined): T | undefined {
    const left = (this.probe as ByteBuffer).length;
    this.buffer.skip(this.fed - left);
    this.fed = left;
    this.lost = false;
    return frame;
  }

  private skip(n: number): undefined {
    if (n === 0) return;
    this.probe = undefined;
    const { buffer, onSkip } = this;
    if (onSkip === undefined) {
      buffer.skip(n);
      return;
    }
    const bytes = buffer.take(n);
    this.position = buffer.position;
    onSkip(bytes);
  }

  private startsHere(): boolean {
    const { buffer } = this;
    return this.markers.some(
      ({ first, length, bytes }) => buffer.at(0) === first && (length === 1 || buffer.peek(length).equals(bytes)),
    );
  }

  /** Where the next marker starts, or -1. */
  private nextMarker(from: number): number {
    let first = -1;
    for (const marker of this.markers) {
      const at = this.buffer.indexOf(marker, from);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    return first;
  }

  /** How many of the last bytes may be the start of a marker. */
  private tail(): number {
    const { buffer } = this;
    let longest = 0;
    for (const { bytes } of this.markers) {
      for (let n = Math.min(bytes.length - 1, buffer.length); n > longest; n--) {
        if (buffer.peek(n, buffer.length - n).equals(bytes.subarray(0, n))) longest = n;
      }
    }
    return longest;
  }
}
