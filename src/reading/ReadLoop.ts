/**
 * The engine of every read: the incoming bytes ({@link Inflow}), at most one active read, and the loop that delivers its frames.
 *
 * Strategy. A {@link Read} brings the decoder that cuts its frames. The loop first takes a frame off the buffer, which consumes
 * its bytes, and then delivers it. So a read that stops inside the delivery leaves the rest for the next read of any kind. The
 * loop stops at once when the read is cancelled or the loop is held.
 *
 *     begin ──► no other read ──► active ── frame ──► delivering ── returns ──► active
 *       │                           │                   │ begin: waits until the delivery returns
 *       │                           │                   └─ cancelled inside ──► idle, or the first that waits is active
 *       │                           ├─ cancelled ──► idle
 *       │                           └─ no frame: stream goes on ──► starving (the source may run)
 *       │                                        stream is over ──► idle, then complete or error
 *       └─ another read is active ──► ReaderBusyError
 *
 * The file is long because each of its methods changes the states above.
 */
import { isUint8Array } from 'node:util/types';
import type { Decoder } from '../codecs/Decoder';
import { endErrors } from '../endErrors';
import { IncompleteReadError, ReaderBusyError } from '../errors';
import { eventLoop } from '../eventLoop';
import { Inflow } from './Inflow';
import type { Read, StarvingWatch } from './Read';
import { hasEnded, runningLoop } from './rxjs7';

/**
 * A read may be answered and over before `begin` returns. If the next read begins inside it, the stack grows with each (RxJS's
 * `repeat` on a synchronous source). After this many in a row, one read is answered in a microtask.
 */
const MAX_SYNCHRONOUS_READS = 256;

/** In a long turn the loop still delivers for this many milliseconds, and this many times after bytes arrived. */
const MAX_AT_ONCE = 1;
const MAX_TIMES_AT_ONCE = 8;

export class ReadLoop extends Inflow {
  private active: Read<unknown> | undefined;
  /** Reads that began inside a delivery. When it returns, the loop decides which of them may stay. */
  private waiting: Read<unknown>[] | undefined;
  private delivering = false;
  private pumping = false;
  /** True when bytes or the end came while `pumping`: for example from the callback of a decoder. */
  private overtaken = false;
  /** Set if the time for a frame is limited. */
  watch: StarvingWatch | undefined;
  /** Called with the Subscriber of each read that is a subscription, before it is served. */
  onSubscribed: ((subscriber: object) => void) | undefined;
  private synchronousReads = 0;
  private drained: (() => void) | undefined;
  private quiet: (() => void) | undefined;
  /** Gets what a consumer throws through a delivery. Without it, the caller that brought the bytes gets it. */
  guard: { error(error: unknown): void } | undefined;
  /** How often the loop has started to deliver since bytes arrived. */
  private times = 0;
  /** When the running delivery first looked at the clock, in milliseconds; 0 if the first look did not count, `undefined` before it. */
  private startedAt: number | undefined;

  /** True when a new read would be served from the buffer at once: no other read is active, and nothing holds the loop. */
  get idle(): boolean {
    return this.active === undefined && this.holds === 0 && !this.pumping;
  }

  /** True while a read is active, held or not. */
  get reading(): boolean {
    return this.active !== undefined;
  }

  /** True when the stream is over, no read is active and nothing holds the loop. There may be unread bytes for later reads. */
  get isQuiet(): boolean {
    return this.state !== 'open' && this.active === undefined && this.holds === 0;
  }

  /** The reason if the stream was cut before the peer ended it; `undefined` for a good end, in a delivery and while bytes are unread. */
  get cut(): Error | undefined {
    return this.atEof && !this.delivering ? (this.failure as (() => Error) | undefined)?.() : undefined;
  }

  /** The same for the end of a pipe: `undefined` if an operator like `take` has ended it, and not the end of the read. */
  get cutPipe(): Error | undefined {
    return this.endedPipe !== undefined && hasEnded(this.endedPipe) ? this.cut : undefined;
  }

  /** Adopts a chunk that arrived. Anything but bytes breaks the stream. */
  push(chunk: Uint8Array): void {
    if (this.state !== 'open') return;
    if (!isUint8Array(chunk)) {
      this.fail(new TypeError(`Cannot read a chunk of type ${typeof chunk}: it must be a Uint8Array`));
      return;
    }
    this.buffer.append(chunk);
    this.synchronousReads = 0;
    this.times = 0;
    if (this.pumping) this.overtaken = true;
    else if (this.active !== undefined) this.pump();
    this.regulate();
  }

  /**
   * The stream is over: the buffer has the rest of it.
   *
   * @param cut - If the peer has not ended: makes the error for consumers that must know it.
   */
  end(cut?: () => Error): void {
    this.finish('ended', cut);
  }

  /** The stream is broken: the buffer has all that arrived. */
  fail(error: unknown): void {
    this.finish('failed', error);
  }

  /** Begins a read. If a delivery is running, the loop decides about it when the delivery returns. */
  begin<T>(read: Read<T>): void {
    if (read.closed) return;
    if (this.delivering) {
      this.waiting ??= [];
      this.waiting.push(read as Read<unknown>);
    } else if (this.active !== undefined) {
      read.error(new ReaderBusyError());
    } else {
      this.active = read as Read<unknown>;
      this.rest();
      if (!this.pumping) this.serveNew();
    }
  }

  /** Ends a read that wants nothing more. All bytes that were not delivered stay. */
  cancel<T>(read: Read<T>): void {
    if (this.active !== (read as Read<unknown>)) return;
    this.active = undefined;
    this.rest();
    if (!this.pumping) this.regulate();
  }

  /** Takes a frame at once, if the loop is {@link idle} and the buffer has a whole one. For the reader's own decoders only. */
  take<T>(decoder: Decoder<T>): T | undefined {
    this.times++;
    if (this.buffer.length === 0) return undefined;
    try {
      return decoder.decode(this.buffer, this.state === 'ended');
    } catch (error) {
      throw endErrors.markCut(error, this);
    } finally {
      if (this.paused || this.drained !== undefined || this.quiet !== undefined) this.regulate();
    }
  }

  /** Holds the delivery of frames, the end and errors. Each hold needs its own {@link release}, by the same name. */
  hold(by: string): void {
    this.addHold(by);
    this.rest();
  }

  /** Releases one hold. The release of the last one delivers at once, unless a delivery is running. */
  release(by: string): void {
    this.removeHold(by);
    if (this.holds === 0) this.run();
  }

  /**
   * Takes all unread bytes away from the reads. A decoder that is at work keeps the bytes until it has its frame; meanwhile no
   * other frame is delivered.
   *
   * @param taken - Called at once, or in a microtask if a decoder is at work.
   */
  seize(taken: (bytes: Uint8Array) => void): void {
    if (!this.pumping || this.delivering) {
      taken(this.takeAll());
      return;
    }
    this.hold('startTls');
    void Promise.resolve().then(() => {
      taken(this.takeAll());
      this.release('startTls');
    });
  }

  private takeAll(): Uint8Array {
    const all = this.buffer.takeAll();
    this.regulate();
    return all;
  }

  /** Calls back once the stream has ended, everything is read, nothing holds the loop, and no `for await` loop is running. */
  whenDrained(callback: () => void): void {
    this.drained = callback;
    this.regulate();
  }

  /** Calls back once the stream is over, no read is active and nothing holds the loop: see {@link isQuiet}. */
  whenQuiet(callback: () => void): void {
    this.quiet = callback;
    this.regulate();
  }

  /**
   * Lets the other connections and the timers run before the next frame, if the loop has delivered much in this turn, there is
   * something to deliver (bytes, the end or an error), and the source can wait.
   *
   * @param awaited - True if only a promise waits.
   * @returns True if the loop is held until the next turn.
   */
  yieldTurn(awaited: boolean): boolean {
    const since = this.startedAt || eventLoop.lookedAt;
    if (this.times <= MAX_TIMES_AT_ONCE && eventLoop.lookedAt - since < MAX_AT_ONCE) return false;
    if (this.buffer.unread === 0 && this.state === 'open') return false;
    if (!this.nextTurn(() => this.release('event loop'), awaited)) return false;
    this.hold('event loop');
    return true;
  }

  private finish(state: 'ended' | 'failed', error: unknown): void {
    if (this.state !== 'open') return;
    this.state = state;
    this.failure = error;
    this.overtaken = this.pumping;
    if (state === 'ended' && error === undefined) endErrors.follows(this, runningLoop.current);
    try {
      this.run();
    } catch (error) {
      // A consumer may throw here. The error is thrown later, so that the caller can tell the others that the stream is over.
      const rethrow = () => {
        throw error;
      };
      if (!this.nextTurn(rethrow)) rethrow();
    }
  }

  private serveNew(): void {
    if (this.synchronousReads >= MAX_SYNCHRONOUS_READS) {
      this.synchronousReads = 0;
      // The microtask of a promise: no fake timers of a test replace it.
      void Promise.resolve().then(() => this.run());
      return;
    }
    this.run();
    this.synchronousReads = this.active === undefined ? this.synchronousReads + 1 : 0;
  }

  private run(): void {
    this.times++;
    this.pump();
    this.regulate();
  }

  /** Kept short, so that the engine can inline the decoder and the subscriber, which it calls for each frame. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    const outer = runningLoop.current;
    runningLoop.current = this;
    const { buffer } = this;
    let frames = eventLoop.asksLeft;
    this.overtaken = false;
    let thrown: { readonly error: unknown } | undefined;
    try {
      while (this.holds === 0) {
        const read = this.active;
        if (read === undefined) break;
        if (--frames === 0) {
          frames = this.lookAtClock();
          continue;
        }
        let frame: unknown;
        const before = buffer.unread;
        try {
          const ended = this.state === 'ended';
          // An empty buffer has no frame, so the decoder need not look for one.
          const none = before === 0 || (ended && buffer.length === 0);
          frame = none ? undefined : read.decoder.decode(buffer, ended);
        } catch (error) {
          this.refuse(read, error);
          continue;
        }
        if (frame !== undefined) {
          // A decoder that consumes nothing would return frames for ever. The bytes of a `TextRun` are consumed later.
          if (buffer.unread === before && buffer.run?.owner !== read.decoder) {
            this.refuse(read, new TypeError(STUCK));
            continue;
          }
          // A read that begins inside the delivery waits until it returns, so nothing is decided inside of it.
          this.delivering = true;
          read.next(frame);
          this.delivering = false;
          if (read.closed) this.leave(read);
          if (this.waiting !== undefined) this.handOver(this.waiting);
        } else if (read.closed) {
          // The decoder called a callback, which cancelled the read.
          this.leave(read);
        } else if (buffer.unread === before) {
          if (this.wait(read)) break;
        }
        // Else the decoder skipped bytes. A callback for them may hold the loop.
      }
    } catch (error) {
      if (this.guard === undefined) throw error;
      thrown = { error };
    } finally {
      if (frames < eventLoop.asksLeft) eventLoop.asksLeft = frames;
      this.startedAt = undefined;
      this.pumping = false;
      runningLoop.current = outer;
      if (this.delivering) this.abandon();
    }
    if (thrown !== undefined) {
      this.guard?.error(thrown.error);
      this.pump();
    }
  }

  /** The reader is free before the error arrives: `retry` subscribes again from there. */
  private refuse(read: Read<unknown>, error: unknown): void {
    this.active = undefined;
    this.rest();
    read.error(endErrors.markCut(error, this));
  }

  /** There is no frame. Returns true if one may come later; else the read is over, or its decoder has not seen all bytes. */
  private wait(read: Read<unknown>): boolean {
    if (this.overtaken) {
      this.overtaken = false;
      return false;
    }
    if (this.state !== 'open') {
      this.active = undefined;
      this.conclude(read);
      return false;
    }
    this.starving = true;
    this.watch?.starves();
    return true;
  }

  private rest(): void {
    if (!this.starving) return;
    this.starving = false;
    this.watch?.rests();
  }

  /** A delivery threw. */
  private abandon(): void {
    this.delivering = false;
    if (this.active?.closed) this.active = undefined;
    if (this.waiting !== undefined) this.handOver(this.waiting);
  }

  /** Yields if the turn is long. Returns after how many frames to look again; the next frame counts. */
  private lookAtClock(): number {
    const { startedAt } = this;
    const long = eventLoop.look(startedAt !== undefined);
    // In a turn that is long already, the first look does not count: most deliveries are over before the second.
    if (startedAt === undefined) this.startedAt = long ? 0 : eventLoop.lookedAt;
    else if (startedAt === 0) this.startedAt = eventLoop.lookedAt;
    if (long && this.yieldTurn(false)) return 1;
    return eventLoop.pace + 1;
  }

  /** A read that has just begun can't {@link cancel} yet. */
  private leave(read: Read<unknown>): void {
    if (this.active === read) this.active = undefined;
  }

  private handOver(waiting: readonly Read<unknown>[]): void {
    this.waiting = undefined;
    for (const read of waiting) {
      if (read.closed) continue;
      if (this.active === undefined) this.active = read;
      else read.error(new ReaderBusyError());
    }
  }

  private conclude(read: Read<unknown>): void {
    if (this.state === 'failed') read.error(this.failure);
    else if (this.buffer.length === 0) {
      if (this.failure !== undefined) endErrors.completes(this);
      read.complete();
    } else read.error(endErrors.markCut(new IncompleteReadError(this.buffer.take(this.buffer.length), null), this));
  }

  protected regulate(): void {
    // The pump does this when it is done. Inside a delivery, an upstream that is a reader itself would take the wrong loop.
    if (this.pumping) return;
    // A consumer that holds the loop has not seen the end, and may be at work on the bytes before it.
    if (this.drained !== undefined && this.atEof && this.holds === 0 && this.loops === 0) {
      const { drained } = this;
      this.drained = undefined;
      drained();
    }
    if (this.quiet !== undefined && this.isQuiet) {
      const { quiet } = this;
      this.quiet = undefined;
      quiet();
    }
    this.regulateSource();
  }
}

const STUCK = 'Cannot decode the frame: the decoder returned it but consumed no byte';
