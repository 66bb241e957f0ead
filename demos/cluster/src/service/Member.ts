import type { Connection } from 'rxjs-tcp';
import type { History } from './History';
import { pause } from './pause';
import { toLine } from './protocol';
import type { HeardLine, Listener, Room } from './Room';

/** How many lines are asked of the history at once. */
const PAGE = 100;
const AGAIN = 200;

/**
 * A member that hears a room.
 *
 *     live ── a line made pressure ──► behind: what is said stays in the room and the history
 *       ▲                                │ it reads again: the lines behind `seen`, as many as it takes
 *       └──────── nothing is left ───────┘
 *
 * So a member that does not read holds up nobody, and misses nothing: no line waits for it in memory of its own.
 */
export class Member implements Listener {
  private behind = true;
  /** How often it has fallen behind. */
  lags = 0;

  /** @param seen - The last number that the member has seen. */
  constructor(
    private readonly connection: Connection,
    private readonly room: Room,
    private readonly history: History,
    private seen: number,
  ) {}

  /** Enters the room, and gets what it has missed. */
  enter(): void {
    this.room.members.add(this);
    void this.catchUp();
  }

  hear(line: HeardLine): void {
    if (this.behind) return;
    if (this.write(line)) return;
    this.lags++;
    void this.catchUp();
  }

  private async catchUp(): Promise<void> {
    const { connection, room } = this;
    this.behind = true;
    while (!connection.signal.aborted) {
      try {
        await connection.writer.drain();
        if (this.seen < room.since) {
          await this.readOn();
        } else {
          const lines = room.after(this.seen);
          if (lines.length === 0) {
            this.behind = false;
            return;
          }
          this.writeSome(lines);
        }
      } catch {
        // The connection is gone, or the history is away.
        await pause(AGAIN);
      }
    }
  }

  /** What the room has dropped. */
  private async readOn(): Promise<void> {
    const { since } = this.room;
    const lines = await this.history.page(this.room.name, this.seen, since, PAGE);
    const all = this.writeSome(lines.map((line) => ({ seq: line.seq, text: toLine(line) })));
    if (all && lines.length < PAGE) this.seen = since;
  }

  /** Writes until there is pressure. Returns whether it wrote all. */
  private writeSome(lines: readonly HeardLine[]): boolean {
    return lines.every((line) => this.write(line));
  }

  /** Returns false if there is pressure now, or nobody to write to. */
  private write({ seq, text }: HeardLine): boolean {
    if (seq <= this.seen) return true;
    const { writer } = this.connection;
    if (writer.isClosing()) return false;
    this.seen = seq;
    return writer.write(text);
  }
}
