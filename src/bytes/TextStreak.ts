import type { Ahead, ByteBuffer } from './ByteBuffer';
import type { TextRun } from './TextRun';

/**
 * How many bytes have just been taken as lines of text, one after another; and of those the lines that were decoded ahead of
 * being consumed. It belongs to one {@link ByteBuffer}, and outlives its runs.
 */
export class TextStreak implements Ahead {
  /** The lines that are handed out now. */
  run: TextRun | undefined;
  private bytes = 0;
  /** Where the last line ended, in bytes from the start of the stream. */
  private end = 0;

  /** The streak of a buffer, which may have just begun. */
  static of(buffer: ByteBuffer): TextStreak {
    const { ahead } = buffer;
    if (ahead instanceof TextStreak) return ahead;
    const streak = new TextStreak();
    // What somebody else has handed out is consumed first.
    if (ahead !== undefined) buffer.skip(0);
    buffer.ahead = streak;
    return streak;
  }

  get owner(): unknown {
    return this.run?.owner;
  }

  taken(): number {
    return this.run === undefined ? 0 : this.run.taken();
  }

  settle(): number {
    const { run } = this;
    if (run === undefined) return 0;
    this.run = undefined;
    return run.taken();
  }

  /** How long it is at a position: 0 where something else was read in between. */
  at(position: number): number {
    if (position !== this.end) this.bytes = 0;
    return this.bytes;
  }

  /** One line was taken by itself. */
  add(position: number, bytes: number): void {
    this.bytes = this.at(position) + bytes;
    this.end = position + bytes;
  }

  /** Lines are taken out of a run from now on. */
  begin(run: TextRun, bytes: number): void {
    this.bytes += bytes;
    this.end += bytes;
    this.run = run;
  }

  stop(): void {
    this.bytes = 0;
  }
}
