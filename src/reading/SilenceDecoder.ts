/**
 * Frames that end where the peer pauses.
 *
 * Strategy. A pause is measured where bytes arrive, not where they are delivered. Each chunk that arrives starts the clock
 * again, also while the loop is held. When the clock runs out, the place behind the last byte is noted as the end of a
 * frame. The frames are cut there, now or when the hold is released.
 *
 *     chunk ── chunk ──── ms without a chunk ────► an end is noted ── chunk …
 *        arrives() touches the clock                 decode() cuts at the ends
 *
 * Two things look like a pause of the peer and are none. A busy event loop runs its late timers before it looks at the
 * sockets, so the clock asks once more after it has looked. And while the source is paused nothing can arrive, so the
 * clock goes on.
 */
import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { OwnDecoder } from '../codecs/Decoder';
import { LimitOverrunError } from '../errors';
import type { ReadWatch } from './Read';
import type { ReadLoop } from './ReadLoop';
import { Watchdog } from './Watchdog';

export class SilenceDecoder implements OwnDecoder<Buffer> {
  readonly watch: ReadWatch = { starves() {}, rests() {}, arrives: () => this.arrives() };
  private readonly clock: Watchdog;
  /** The positions where frames end, in order, of those that are not cut yet. */
  private readonly ends: number[] = [];
  /** The position behind the last byte that arrived. */
  private arrived: number;
  /** True while the rest of a frame above the limit is dropped, up to its pause. */
  private dropping = false;
  private released = false;

  /**
   * @param pause - In milliseconds.
   * @param limit - The longest frame in bytes.
   * @param onOverrun - Called for a longer frame, which is dropped. Without it, such a frame is an error.
   */
  constructor(
    private readonly loop: ReadLoop,
    pause: number,
    private readonly limit: number,
    private readonly onOverrun?: (error: LimitOverrunError) => void,
  ) {
    this.clock = new Watchdog(pause, () => this.runsOut());
    this.arrived = this.end;
    // Nobody has measured when these bytes arrived.
    if (loop.buffer.length > 0) this.clock.touch();
  }

  decode(buffer: ByteBuffer, ended: boolean): Buffer | undefined {
    const { ends } = this;
    const { position } = buffer;
    for (; (ends[0] as number) <= position; ends.shift()) this.dropping = false;
    const end = ends[0];
    const length = end === undefined ? buffer.length : end - position;
    if (this.dropping) {
      buffer.skip(length);
      return undefined;
    }
    if (length > this.limit) {
      const error = new LimitOverrunError(this.limit, length);
      this.dropping = end === undefined;
      buffer.skip(length);
      if (this.onOverrun === undefined) throw error;
      this.onOverrun(error);
      return undefined;
    }
    return end === undefined && !ended ? undefined : buffer.take(length);
  }

  release(): void {
    this.released = true;
    this.clock.stop();
  }

  private get end(): number {
    const { buffer } = this.loop;
    return buffer.position + buffer.length;
  }

  private arrives(): void {
    const { end } = this;
    // An empty chunk is nothing that a peer has sent.
    if (end === this.arrived) return;
    this.arrived = end;
    this.clock.touch();
  }

  private runsOut(): void {
    const { arrived } = this;
    const decide = () => {
      if (this.released || this.arrived !== arrived) return;
      if (this.loop.paused) this.clock.touch();
      else this.cut();
    };
    if (!this.loop.nextTurn(decide)) decide();
  }

  private cut(): void {
    this.ends.push(this.arrived);
    // The loop looks at its bytes again, as after any hold.
    this.loop.hold();
    this.loop.release();
  }
}
