import type { Subscription } from 'rxjs';
import type { History, Line } from './History';
import { toLine } from './protocol';

/** A line, and the same line as members get it. */
export interface HeardLine {
  readonly seq: number;
  readonly text: string;
}

/** Somebody in a room. */
export interface Listener {
  hear(line: HeardLine): void;
}

/** How many of its newest lines a room keeps. */
const KEPT = 2_000;

/** A room of one worker: its members, and its newest lines. It follows the history once, for all members. */
export class Room {
  readonly members = new Set<Listener>();
  private lines: HeardLine[] = [];
  private readonly following: Subscription;

  /**
   * @param since - All lines with a higher number will be in the room, until it drops the oldest.
   */
  constructor(
    readonly name: string,
    history: History,
    public since: number,
  ) {
    this.following = history.follow(name, since).subscribe((line) => this.add(line));
  }

  /** The lines behind a number that the room has. They are all that there are if `seq >= since`. */
  after(seq: number): readonly HeardLine[] {
    // Most members want the last few.
    let start = this.lines.length;
    while (start > 0 && this.lines[start - 1]!.seq > seq) start--;
    return this.lines.slice(start);
  }

  close(): void {
    this.following.unsubscribe();
  }

  private add({ seq, from, text, id }: Line): void {
    const line = { seq, text: toLine({ seq, from, text, id }) };
    this.lines.push(line);
    // Half of them at once: one by one would move the whole list each time.
    if (this.lines.length >= 2 * KEPT) {
      this.since = this.lines[KEPT - 1]!.seq;
      this.lines = this.lines.slice(KEPT);
    }
    for (const member of this.members) member.hear(line);
  }
}
