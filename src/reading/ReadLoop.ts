/**
 * The engine of every read: the incoming bytes ({@link Inflow}), the active read ({@link LoopState}), and the loop that delivers
 * its frames.
 *
 * Strategy. A {@link Read} brings the decoder that cuts its frames. The loop first takes a frame off the buffer, which consumes
 * its bytes, and then delivers it. So a read that stops inside the delivery leaves the rest for the next read of any kind. The
 * loop stops at once when the read is cancelled or the loop is held.
 *
 * Most frames are at hand together with others. So behind a frame, the decoder's {@link Run} delivers those that follow, without
 * the way through the loop. It ends as soon as something has changed in a delivery (`disturbed`), and when the clock is due.
 *
 *     begin ──► no other read ──► active ── frame ──► delivering ── returns ──► active
 *       │                           │                   │ ▲    └─ undisturbed, a frame at hand ─┐
 *       │                           │                   │ └───────────── run ───────────────────┘
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
import type { Decoder, RunSink } from '../codecs/Decoder';
import { PeekDecoder } from '../codecs/readDecoders';
import { runs } from '../codecs/runs';
import { endErrors } from '../endErrors';
import { IncompleteReadError, ReaderBusyError } from '../errors';
import { eventLoop } from '../eventLoop';
import { LoopState } from './LoopState';
import type { Read } from './Read';
import { runningLoop } from './rxjs7';
import { stuckError } from './stuckError';

/**
 * A read may be answered and over before `begin` returns. If the next read begins inside it, the stack grows with each (RxJS's
 * `repeat` on a synchronous source). After this many in a row, one read is answered in a microtask.
 */
const MAX_SYNCHRONOUS_READS = 256;

/** In a long turn the loop still delivers for this many milliseconds, and this many times after bytes arrived. */
const MAX_AT_ONCE = 1;
const MAX_TIMES_AT_ONCE = 8;

export class ReadLoop extends LoopState implements RunSink<unknown> {
  /** Reads that began inside a delivery. When it returns, the loop decides which of them may stay. */
  private waiting: Read<unknown>[] | undefined;
  /** True when something happened inside a delivery that a run of frames must not go on behind. */
  private disturbed = false;
  /** How many frames are left until the loop looks at the clock. */
  private framesLeft = 0;
  /** True when bytes or the end came while `pumping`: for example from the callback of a decoder. */
  private overtaken = false;
  /** Called with the Subscriber of each read that is a subscription, before it is served. */
  onSubscribed: ((subscriber: object) => void) | undefined;
  private synchronousReads = 0;
  /** Gets what a consumer throws through a delivery. Without it, the caller that brought the bytes gets it. */
  guard: { error(error: unknown): void } | undefined;
  /** How often the loop has started to deliver since bytes arrived. */
  private times = 0;
  /** When the running delivery first looked at the clock, in milliseconds; 0 if the first look did not count, `undefined` before it. */
  private startedAt: number | undefined;

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
    this.active?.watch?.arrives?.();
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
      this.disturbed = true;
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
    this.disturbed = true;
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

  /**
   * Takes the next frame without a delivery: as a release, and a hold inside the delivery, would do. Only for the Subscriber of
   * the active read, if it holds the loop alone.
   *
   * @returns `undefined` if the frame needs a delivery, or has not arrived.
   */
  pull(subscriber: object): unknown {
    const read = this.active;
    if (read === undefined || read.subscriber !== subscriber || this.holds !== 1 || this.pumping) return undefined;
    // Only the library's own decoders: another one may do anything.
    if (runs.of(read.decoder) === undefined || eventLoop.asksLeft <= 1) return undefined;
    eventLoop.asksLeft--;
    try {
      return this.take(read.decoder);
    } catch (error) {
      this.refuse(read, error);
      return undefined;
    }
  }

  /** Holds the delivery of frames, the end and errors. Holds are counted: each needs its own {@link release}. */
  hold(): void {
    this.holds++;
    this.disturbed = true;
    this.rest();
  }

  /** Releases one hold. The release of the last one delivers at once, unless a delivery is running. */
  release(): void {
    this.holds--;
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
    this.hold();
    void Promise.resolve().then(() => {
      taken(this.takeAll());
      this.release();
    });
  }

  private takeAll(): Uint8Array {
    this.disturbed = true;
    const all = this.buffer.takeAll();
    this.regulate();
    return all;
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
    if (!this.nextTurn(() => this.release(), awaited)) return false;
    this.hold();
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
          // A decoder that consumes nothing would return frames for ever. What it hands out ahead is consumed later.
          if (
            buffer.unread === before &&
            buffer.ahead?.owner !== read.decoder &&
            !(read.decoder instanceof PeekDecoder)
          ) {
            this.refuse(read, stuckError(frame));
            continue;
          }
          this.framesLeft = frames;
          this.disturbed = false;
          if (this.deliver(frame) && buffer.unread > 0) this.goOn(read);
          frames = this.framesLeft + 1;
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

  /** Returns whether the next frame may follow at once. */
  deliver(frame: unknown): boolean {
    const read = this.active as Read<unknown>;
    // What a delivery begins waits until it returns, so that nothing is decided inside of it.
    this.delivering = true;
    read.next(frame);
    this.delivering = false;
    return --this.framesLeft > 0 && !this.disturbed && !read.closed;
  }

  /** Delivers the frames that follow one, as long as they are at hand and nothing disturbs. */
  private goOn(read: Read<unknown>): void {
    const run = runs.of(read.decoder);
    if (run === undefined) return;
    try {
      run(this.buffer, this);
    } catch (error) {
      if (this.delivering) throw error;
      this.refuse(read, error);
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
    this.starve(read.watch);
    return true;
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
}
