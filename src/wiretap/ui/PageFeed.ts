import type { Writable } from 'node:stream';
import type { TappedConnection, Taps } from '../Taps';
import { WIRE_EVENT_KINDS } from '../WIRE_EVENT_KINDS';
import { condense } from './condense';
import type { PageMark, PageMessage, PageNews } from './PageMessage';
import type { FramesOf } from './servePage';

/** Milliseconds between two messages: at most 20 a second. */
const PERIOD = 50;
/** Characters after which a message takes no other connection. */
const MESSAGE_SIZE = 128 * 1024;
/** Events of one connection in one message. */
const EVENTS = 4_000;
/** About as many events of the past get to a page that opens. */
const PAST = 100_000;

const GAP = WIRE_EVENT_KINDS.indexOf('gap');

/**
 * The stream of one page. It has no queue: it remembers the next event of each connection, and takes the events from the rings of
 * the taps when the page can read. So the traffic does no work for a page, and a page that does not read costs one message. The
 * events that a ring drops meanwhile become a gap.
 */
export class PageFeed {
  private readonly next: Map<number, number>;
  private readonly known = new Set<number>();
  private readonly timer: NodeJS.Timeout;
  /** The connection from which the next message starts, so that all get their turn. */
  private turn = 0;

  /** @param since - The next event of each connection, for a page that has seen the others. */
  constructor(
    private readonly taps: Taps,
    private readonly response: Writable,
    since: ReadonlyMap<number, number>,
    private readonly framesOf?: FramesOf,
  ) {
    this.next = new Map(since);
    this.timer = setInterval(() => this.send(), PERIOD);
    response.once('close', () => this.stop());
    this.send();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private send(): void {
    if (this.response.writableNeedDrain || this.response.destroyed) return;
    // Without news too: the time in it tells the page that the server is there.
    this.response.write(`data: ${this.message()}\n\n`);
  }

  private message(): string {
    const { connections } = this.taps;
    const gone = [...this.next.keys()].filter((id) => !connections.has(id));
    for (const id of gone) {
      this.next.delete(id);
      this.known.delete(id);
    }

    const all = [...connections.values()];
    const parts: string[] = [];
    let size = 0;
    for (let i = 0; i < all.length && size < MESSAGE_SIZE; i += 1) {
      this.turn = (this.turn + 1) % all.length;
      const news = this.newsOf(all[this.turn]!);
      if (news === undefined) continue;
      const part = JSON.stringify(news);
      parts.push(part);
      size += part.length;
    }
    const head: Omit<PageMessage, 'news'> = { now: Date.now(), ...(gone.length > 0 && { gone }) };
    return `${JSON.stringify(head).slice(0, -1)},"news":[${parts.join(',')}]}`;
  }

  private newsOf(connection: TappedConnection): PageNews | undefined {
    const { id, client, target, openedAt, side = 'client', tap } = connection;
    const isNew = !this.known.has(id);
    const next = this.next.get(id) ?? 0;
    let events = tap.events(next);
    if (events.length === 0 && !isNew) return undefined;
    this.known.add(id);
    const limit = isNew ? Math.max(100, Math.floor(PAST / this.taps.connections.size)) : EVENTS;
    // A page that opens gets the newest; later it gets the oldest first, and the others with its next messages.
    events = isNew ? events.slice(-limit) : events.slice(0, limit);
    const [first, last] = [events[0], events.at(-1)];
    const skipped = first !== undefined && first.seq > next && first.kind !== 'gap';
    const gap: PageMark[] = skipped ? [[next, first.time, GAP, 0]] : [];
    this.next.set(id, last === undefined ? next : last.seq + 1);
    return {
      id,
      ...(isNew && { about: { client, target, openedAt, side } }),
      marks: [...gap, ...condense(events, this.framesOf && ((some) => this.framesOf!(some, connection)))],
    };
  }
}
