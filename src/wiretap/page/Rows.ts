import type { PageMessage } from '../ui/PageMessage';
import { Row } from './Row';

/** The most marks that the page keeps: the longest rows forget their oldest. */
const MAX_MARKS = 400_000;

/** All connections that the page knows, and what they have had. */
export class Rows {
  readonly byId = new Map<number, Row>();
  /** Milliseconds since 1970: the zero of the page, when its first connection was opened. */
  zero: number | undefined;
  /** Counts the messages with news. */
  version = 0;
  events = 0;
  bytes = 0;

  /** Takes a message of the server. */
  apply({ news, gone }: PageMessage): void {
    for (const { about } of this.zero === undefined ? news : []) {
      if (about !== undefined) this.zero = Math.min(this.zero ?? about.openedAt, about.openedAt);
    }
    for (const id of gone ?? []) this.byId.delete(id);
    for (const { id, about, marks } of news) {
      let row = this.byId.get(id);
      if (row === undefined) {
        if (about === undefined) continue;
        row = new Row(id, about.client, about.target, about.side, (about.openedAt - this.zero!) * 1000);
        this.byId.set(id, row);
      }
      const [events, bytes] = totals(row);
      row.add(marks);
      const [after, bytesAfter] = totals(row);
      this.events += after - events;
      this.bytes += bytesAfter - bytes;
    }
    if (news.length > 0 || gone !== undefined) this.version += 1;
    this.limit();
  }

  /** `7.120,8.3`: where to go on after the link was lost. */
  positions(): string {
    return [...this.byId.values()].map(({ id, next }) => `${id}.${next}`).join(',');
  }

  private limit(): void {
    let size = 0;
    for (const row of this.byId.values()) size += row.size;
    while (size > MAX_MARKS) {
      const longest = [...this.byId.values()].reduce((one, other) => (other.size > one.size ? other : one));
      size -= longest.size;
      longest.trim();
      size += longest.size;
    }
  }
}

function totals({ lanes: [to, back], turns }: Row): [events: number, bytes: number] {
  return [to.events + back.events + turns.length, to.bytes + back.bytes];
}
