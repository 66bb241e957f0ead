import { concat, defer, from, type Observable, Subject } from 'rxjs';
import type { Draft, History, Line } from './History';

/** The most lines of a room that are kept, and the most ids that are remembered. */
const KEPT = 10_000;

interface StoredRoom {
  readonly lines: Line[];
  readonly numbers: Map<string, number>;
  readonly said$: Subject<Line>;
}

/** The history of a chat in one process. It ends with the process. */
export class MemoryHistory implements History {
  private readonly rooms = new Map<string, StoredRoom>();
  private last = 0;

  async append(room: string, draft: Draft): Promise<number> {
    const { lines, numbers, said$ } = this.room(room);
    const known = numbers.get(draft.id);
    if (known !== undefined) return known;
    const line = { ...draft, seq: ++this.last };
    lines.push(line);
    numbers.set(line.id, line.seq);
    if (lines.length > KEPT) numbers.delete(lines.shift()!.id);
    said$.next(line);
    return line.seq;
  }

  follow(room: string, after: number): Observable<Line> {
    const { lines, said$ } = this.room(room);
    // Nothing is said between the two: `from` emits all of them at once.
    const stored$ = defer(() => from(lines.filter(({ seq }) => seq > after)));
    return concat(stored$, said$);
  }

  async newest(): Promise<number> {
    return this.last;
  }

  async page(room: string, after: number, upTo: number, most: number): Promise<readonly Line[]> {
    return this.room(room)
      .lines.filter(({ seq }) => seq > after && seq <= upTo)
      .slice(0, most);
  }

  async close(): Promise<void> {}

  private room(name: string): StoredRoom {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = { lines: [], numbers: new Map(), said$: new Subject() };
      this.rooms.set(name, room);
    }
    return room;
  }
}
