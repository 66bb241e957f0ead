/**
 * What the page shows and what the user does to it: the rows, the part of the time in sight, the choice, the search, copying.
 *
 * The file is long because keys, the mouse and new events all change this one state.
 */
import type { PageEvent } from '../ui/PageMessage';
import { type Layout, makeLayout } from './Layout';
import type { Link } from './Link';
import { matcher } from './matcher';
import type { Mark, Row } from './Row';
import { Rows } from './Rows';
import { View } from './View';

/** A stretch of one connection, to copy as a test. */
export interface Stretch {
  readonly row: Row;
  readonly from: number;
  readonly to: number;
}

/** A test as it was copied, or why there is none. */
export interface Copied {
  readonly text: string;
  readonly note: string;
  /** Whether the browser put it on the clipboard; else the page shows it. */
  readonly done: boolean;
}

export type Tab = 'marble' | 'waterfall' | 'events';

/** What a reload brings back. */
export interface Saved {
  readonly zero: number;
  readonly from: number;
  readonly span: number;
  readonly following: boolean;
  readonly filter: string;
  readonly search: string;
  readonly compact: boolean;
  readonly scroll: number;
  readonly tab: Tab;
  readonly row?: number;
}

/** What the user looks at: everything the page shows is drawn from here. */
export class Viewer {
  readonly store = new Rows();
  readonly view = new View();
  layout: Layout = makeLayout(800, 600, false);
  /** The rows that pass the filter. */
  rows: readonly Row[] = [];
  scroll = 0;
  compact = false;
  filter = '';
  search = '';
  row: Row | undefined;
  mark: Mark | undefined;
  hovered: Row | undefined;
  pointer: number | undefined;
  stretch: Stretch | undefined;
  tab: Tab = 'marble';
  /** The events of the selected marble, with their bytes. */
  events: readonly PageEvent[] | undefined;
  copied: Copied | undefined;
  help = false;
  connected = false;
  /** The canvas counts its frames and rows here. */
  frames = 0;
  frameRate = 0;
  drawnRows = 0;

  /** The numbers of the events whose bytes have what is searched for, by connection. */
  private found = new Map<number, Set<number>>();
  private searching: ReturnType<typeof setTimeout> | undefined;
  private clock = { server: Date.now(), page: performance.now() };
  private seenVersion = -1;

  constructor(
    readonly link: Link,
    /** Asks for a new drawing. */
    readonly changed: () => void,
  ) {}

  /** Microseconds from the zero of the page, by the clock of the server. */
  now(): number {
    const passed = performance.now() - this.clock.page;
    return (this.clock.server + passed - (this.store.zero ?? this.clock.server)) * 1000;
  }

  tell(serverNow: number): void {
    const page = performance.now();
    // Messages come late, never early: the clock follows the fastest of them, slowly.
    const ahead = serverNow - (this.clock.server + page - this.clock.page);
    const server = ahead > 0 || ahead < -500 ? serverNow : serverNow - ahead * 0.98;
    this.clock = { server, page };
  }

  /** Brings the list of rows up to date. */
  sift(): void {
    const { version } = this.store;
    if (version === this.seenVersion) return;
    this.seenVersion = version;
    const passes = matcher(this.filter);
    this.rows = [...this.store.byId.values()].filter(passes).sort((one, other) => one.id - other.id);
    if (this.row !== undefined && !this.store.byId.has(this.row.id)) this.select(undefined);
    this.scrollTo(this.scroll);
  }

  resize(width: number, height: number, compact = this.compact): void {
    this.compact = compact;
    this.layout = makeLayout(width, height, compact);
    this.scrollTo(this.scroll);
  }

  /** Follows the present, or stays. */
  follow(following: boolean): void {
    this.view.following = following;
    this.changed();
  }

  /** Zooms around the selected marble, else the present, else the middle. */
  zoom(factor: number): void {
    const { view, mark } = this;
    const middle = view.following ? this.now() : view.from + view.span / 2;
    const inSight = mark !== undefined && mark.time >= view.from && mark.time <= view.from + view.span;
    view.zoom(factor, inSight ? mark.time : middle);
    this.changed();
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.changed();
  }

  showHelp(help: boolean): void {
    this.help = help;
    this.changed();
  }

  escape(): void {
    if (this.stretch !== undefined) this.stretch = undefined;
    else this.select(undefined);
  }

  setFilter(filter: string): void {
    this.filter = filter;
    this.seenVersion = -1;
    this.changed();
  }

  /** Searches the first text of the marbles at once, and their bytes as soon as the server has. */
  setSearch(search: string): void {
    this.search = search;
    this.found = new Map();
    clearTimeout(this.searching);
    if (search.length > 1) this.searching = setTimeout(() => this.searchBytes(search), 200);
    this.changed();
  }

  scrollTo(scroll: number): void {
    const { layout } = this;
    const most = Math.max(0, this.rows.length * layout.row - (layout.height - layout.axis));
    this.scroll = Math.min(most, Math.max(0, scroll));
  }

  select(row: Row | undefined, mark?: Mark): void {
    if (this.row !== row) this.stretch = undefined;
    this.row = row;
    this.copied = undefined;
    if (row !== undefined) this.showRow(row);
    this.selectMark(mark);
  }

  selectMark(mark: Mark | undefined): void {
    this.mark = mark;
    this.events = undefined;
    this.changed();
    if (mark === undefined || this.row === undefined) return;
    this.view.following = false;
    this.view.reveal(mark.time);
    this.tab = this.tab === 'waterfall' ? 'marble' : this.tab;
    this.link.events(this.row.id, mark.seq, mark.lastSeq).then(
      (events) => this.mark === mark && this.showEvents(events),
      () => this.mark === mark && this.showEvents([]),
    );
  }

  /** Moves to the next marble of the selected row, or to one before. */
  step(by: number): void {
    const row = this.row ?? this.rows[0];
    if (row === undefined) return;
    const marks = row.all().filter(({ kind }) => kind !== 'sent');
    const at = this.mark === undefined ? -1 : marks.indexOf(this.mark);
    const isNear = at < 0 && Number.isFinite(by);
    const next = isNear ? this.nearest(marks) : marks[Math.min(marks.length - 1, Math.max(0, at + by))];
    if (this.row !== row) this.select(row, next);
    else this.selectMark(next);
  }

  /** Moves to another row. */
  stepRow(by: number): void {
    const at = this.row === undefined ? -1 : this.rows.indexOf(this.row);
    const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, at + by))];
    if (next !== undefined) this.select(next);
  }

  /** Moves to the next marble that has what is searched for. */
  find(by: number): void {
    const found = this.rows.flatMap((row) => {
      const finds = this.finder(row);
      const marks = finds === undefined ? [] : row.all().filter((mark) => mark.kind !== 'sent' && finds(mark));
      return marks.map((mark) => ({ row, mark }));
    });
    if (found.length === 0) return;
    const at = found.findIndex(({ mark }) => mark === this.mark);
    const next = found[(Math.max(at, by < 0 ? 0 : -1) + by + found.length) % found.length]!;
    this.select(next.row, next.mark);
  }

  /** Whether a marble of a row has the text that is searched for; undefined if there is no search. */
  finder(row: Row): ((mark: Mark) => boolean) | undefined {
    const text = this.search.toLowerCase();
    if (text === '') return undefined;
    const seqs = this.found.get(row.id);
    return ({ seq, preview }) => seqs?.has(seq) === true || preview.toLowerCase().includes(text);
  }

  /** Shows all of a row, or of all rows. */
  fit(row?: Row): void {
    const rows = row === undefined ? this.rows : [row];
    if (rows.length === 0) return;
    const from = Math.min(...rows.map(({ firstTime }) => firstTime));
    const to = Math.max(...rows.map(({ lastTime }) => lastTime));
    this.view.fit(from, Math.max(to, from + 100));
    this.changed();
  }

  /** Starts or ends the stretch at the selected marble. */
  stretchTo(end: 'from' | 'to'): void {
    const { row, mark } = this;
    if (row === undefined || mark === undefined) return;
    const old = this.stretch?.row === row ? this.stretch : { row, from: mark.time, to: mark.until };
    const [from, to] =
      end === 'from' ? [mark.time, Math.max(old.to, mark.until)] : [Math.min(old.from, mark.time), mark.until];
    this.stretch = { row, from, to };
    this.copied = undefined;
  }

  /** What a reload brings back. */
  save(): Saved {
    const { view, filter, search, compact, scroll, row, tab, store } = this;
    const { from, span, following } = view;
    return {
      zero: store.zero ?? 0,
      from,
      span,
      following,
      filter,
      search,
      compact,
      scroll,
      tab,
      ...(row && { row: row.id }),
    };
  }

  restore({ zero, from, span, following, filter, search, compact, scroll, row, tab }: Saved): void {
    Object.assign(this.view, { from: from + (zero - (this.store.zero ?? zero)) * 1000, span, following });
    Object.assign(this, { filter, search, compact, scroll, tab });
    this.resize(this.layout.width, this.layout.height);
    this.seenVersion = -1;
    this.sift();
    const found = row === undefined ? undefined : this.store.byId.get(row);
    if (found !== undefined) this.select(found);
    this.changed();
  }

  /** The numbers of the events in the stretch, or undefined for the whole connection. */
  range(): { from: number; to: number; count: number } | undefined {
    if (this.stretch === undefined) return undefined;
    const { row, from, to } = this.stretch;
    const inside = row.all().filter(({ time }) => time >= from && time <= to);
    if (inside.length === 0) return undefined;
    return { from: inside[0]!.seq, to: inside.at(-1)!.lastSeq, count: inside.length };
  }

  async copyTest(as: 'marbles' | 'script'): Promise<void> {
    const { row } = this;
    if (row === undefined) return;
    try {
      const text = await this.link.test(row.id, as, this.range());
      const done = await toClipboard(text);
      this.copied = { text, done, note: done ? `Copied ${text.split('\n').length} lines` : 'Copy this text' };
    } catch (error) {
      this.copied = { text: '', done: false, note: error instanceof Error ? error.message : String(error) };
    }
    this.changed();
  }

  private searchBytes(search: string): void {
    this.link.find(search).then(
      (found) => {
        if (this.search !== search) return;
        for (const [id, seq] of found) {
          const seqs = this.found.get(id) ?? new Set<number>();
          this.found.set(id, seqs.add(seq));
        }
        this.changed();
      },
      () => {},
    );
  }

  private showEvents(events: readonly PageEvent[]): void {
    this.events = events;
    this.changed();
  }

  private showRow(row: Row): void {
    const y = this.rows.indexOf(row) * this.layout.row;
    const height = this.layout.height - this.layout.axis;
    if (y < this.scroll) this.scrollTo(y);
    else if (y + this.layout.row > this.scroll + height) this.scrollTo(y + this.layout.row - height);
  }

  private nearest(marks: readonly Mark[]): Mark | undefined {
    const middle = this.view.from + this.view.span / 2;
    const distance = ({ time }: Mark) => Math.abs(time - middle);
    return marks.reduce<Mark | undefined>(
      (best, mark) => (best === undefined || distance(mark) < distance(best) ? mark : best),
      undefined,
    );
  }
}

/** A page that came from another machine has no clipboard, and a browser may forbid it. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
