import type { WireEvent } from '../WireEvent';
import type { Line, Span, Style } from './Line';
import type { ViewConnection } from './ViewState';

/** The part of the time that is drawn. Microseconds since 1970, and how long a column is. */
export interface TimeWindow {
  readonly start: number;
  readonly scale: number;
  readonly columns: number;
}

/** A cell of a row. What comes later in this list hides what comes before it. */
const RANKS = { none: 0, line: 1, held: 2, gap: 3, data: 4, tls: 5, end: 6, fin: 7, reset: 8 } as const;
type Kind = keyof typeof RANKS;

/**
 * The two rows of a connection: what the client sends, and what the server sends.
 *
 *     client ─●──●──2───●▒▒▒▒▒●──│      ● bytes, 2 that many chunks, ■ ten or more
 *     server ──●──●───●══════●───│      ═ held: the other side does not read   ▒ under pressure   │ FIN   ✖ reset
 *
 * @param chosen - The number of an event whose column is marked.
 */
export function marbleRows(
  connection: ViewConnection,
  window: TimeWindow,
  chosen?: number,
): { client: Line; server: Line } {
  const { tx, rx, mark } = new Rows(connection, window, chosen).draw();
  const [client, server] = connection.side === 'client' ? [tx, rx] : [rx, tx];
  return { client: toLine(client, 'client', mark), server: toLine(server, 'server', mark) };
}

class Row {
  readonly kinds: Kind[];
  readonly counts: number[];
  over = false;
  band = false;

  constructor(columns: number) {
    this.kinds = Array<Kind>(columns).fill('none');
    this.counts = Array<number>(columns).fill(0);
  }

  put(column: number, kind: Kind): void {
    const there = this.kinds[column];
    if (there === undefined) return;
    if (kind === 'data') (this.counts[column] as number)++;
    if (RANKS[kind] > RANKS[there]) this.kinds[column] = kind;
  }
}

class Rows {
  readonly tx: Row;
  readonly rx: Row;
  mark: number | undefined;
  /** Up to this column both rows are drawn. */
  private at = 0;
  private opened = false;

  constructor(
    private readonly connection: ViewConnection,
    private readonly window: TimeWindow,
    private readonly chosen: number | undefined,
  ) {
    this.tx = new Row(window.columns);
    this.rx = new Row(window.columns);
  }

  draw(): this {
    const { connection, window, chosen } = this;
    const opened = connection.openedAt * 1000;
    for (const event of connection.events) {
      const column = Math.floor((opened + event.time - window.start) / window.scale);
      if (column >= window.columns) break;
      this.fillTo(column);
      this.add(event, column);
      if (event.seq === chosen && column >= 0) this.mark = column;
    }
    this.fillTo(window.columns);
    return this;
  }

  /** Draws the lines and bands from the last event to this one. */
  private fillTo(column: number): void {
    for (; this.at < column; this.at++) {
      for (const row of [this.tx, this.rx]) {
        if (this.opened && !row.over) row.put(this.at, row.band ? 'held' : 'line');
      }
    }
  }

  private add({ kind, by }: WireEvent, column: number): void {
    const { tx, rx } = this;
    const both = (what: Kind) => {
      tx.put(column, what);
      rx.put(column, what);
    };
    switch (kind) {
      case 'open':
        this.opened = true;
        both('line');
        return;
      case 'rx':
        rx.put(column, 'data');
        return;
      case 'tx':
        tx.put(column, 'data');
        return;
      case 'paused':
      case 'resumed':
        rx.band = kind === 'paused';
        rx.put(column, 'held');
        return;
      case 'pressure':
      case 'drained':
        tx.band = kind === 'pressure';
        tx.put(column, 'held');
        return;
      case 'fin-in':
        rx.put(column, 'fin');
        rx.over = true;
        return;
      case 'fin-out':
        tx.put(column, 'fin');
        tx.over = true;
        return;
      case 'tls':
        both('tls');
        return;
      case 'gap':
        both('gap');
        return;
      case 'reset':
        (by === 'local' ? tx : rx).put(column, 'reset');
        tx.over = rx.over = true;
        return;
      case 'close':
        if (by === 'reset' || by === 'error' || by === 'timeout') rx.put(column, 'reset');
        else if (!(tx.over && rx.over)) both('end');
        tx.over = rx.over = true;
        return;
      default:
    }
  }
}

const SIGNS: Record<Kind, readonly [sign: string, style: Style | undefined]> = {
  none: [' ', 'plain'],
  line: ['─', 'dim'],
  held: ['═', 'held'],
  gap: ['…', 'dim'],
  data: ['●', undefined],
  tls: ['T', 'bold'],
  end: ['·', 'dim'],
  fin: ['│', undefined],
  reset: ['✖', 'broken'],
};

function toLine({ kinds, counts }: Row, side: 'client' | 'server', mark: number | undefined): Line {
  const spans: { text: string; style: Style }[] = [];
  for (const [i, kind] of kinds.entries()) {
    const [sign, own = side] = SIGNS[kind];
    const count = counts[i] as number;
    const text = kind !== 'data' || count === 1 ? sign : count > 9 ? '■' : `${count}`;
    const style = i === mark ? 'chosen' : own;
    const last = spans.at(-1);
    if (last?.style === style) last.text += text;
    else spans.push({ text, style });
  }
  return spans satisfies Span[];
}
