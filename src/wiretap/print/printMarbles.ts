/**
 * A marble diagram of events, for people, in 80 columns:
 *
 *     #1 127.0.0.1:52514 → 127.0.0.1:6379
 *
 *       0.000 ms  rx  --b-|.
 *                 tx  a----.
 *       a  tx  14 bytes  '*1\r\n$4\r\nPING\r\n'
 *       b  rx   7 bytes  '+PONG\r\n'
 *
 * Each event has a column of its own, so the order of both directions is seen; dashes show the time between. A block of as many
 * columns as fit has its own letters, with their bytes below it.
 */
import { showBytes } from '../../bytes/showBytes';
import { pickLetter } from '../marbles/pickLetter';
import { showWireTime } from '../showWireTime';
import type { WireEvent, WireEventKind } from '../WireEvent';
import { describeEvent } from './describeEvent';

/** The width of a terminal, and of what comes before the diagram. */
const COLUMNS = 80;
const MARGIN = 22;
/** Letters that take one column: those of Latin. */
const LETTERS = 52;

/** The marks of the events that are no bytes, above and below. The rest have none. */
const MARKS: Partial<Record<WireEventKind, readonly [rx: string, tx: string]>> = {
  paused: ['[', '-'],
  resumed: [']', '-'],
  pressure: ['-', '['],
  drained: ['-', ']'],
  'fin-in': ['|', '-'],
  'fin-out': ['-', '|'],
  tls: ['=', '='],
  reset: ['#', '#'],
  close: ['.', '.'],
  gap: ['…', '…'],
};

interface Block {
  readonly time: number;
  rx: string;
  tx: string;
  readonly legend: Map<string, { readonly letter: string; readonly line: string }>;
}

/** How a diagram is labelled. */
export interface MarbleLabels {
  /** The names of the rows, of the same length. Default `rx` and `tx`. */
  readonly rx: string;
  readonly tx: string;
  /** The row above. Default `rx`. */
  readonly first?: 'rx' | 'tx';
  /** What the bytes of an event mean, instead of the bytes. */
  readonly show?: ((event: WireEvent) => string | undefined) | undefined;
}

const LABELS: MarbleLabels = { rx: 'rx', tx: 'tx' };

/** The events as a diagram. */
export function printMarbles(events: readonly WireEvent[], labels: MarbleLabels = LABELS): string {
  const blocks: Block[] = [];
  let last = events[0]?.time ?? 0;
  for (const event of events) {
    const mark = MARKS[event.kind];
    if (mark === undefined && event.kind !== 'rx' && event.kind !== 'tx') continue;
    const dashes = dashesFor(event.time - last);
    let block = blocks.at(-1);
    if (
      block === undefined ||
      block.rx.length + dashes >= COLUMNS - MARGIN - labels.rx.length + 2 ||
      block.legend.size === LETTERS
    ) {
      block = { time: event.time, rx: '', tx: '', legend: new Map() };
      blocks.push(block);
    } else {
      block.rx += '-'.repeat(dashes);
      block.tx += '-'.repeat(dashes);
    }
    last = event.time;
    const letter = mark === undefined ? letterOf(event, block, labels) : '';
    block.rx += mark?.[0] ?? (event.kind === 'rx' ? letter : '-');
    block.tx += mark?.[1] ?? (event.kind === 'tx' ? letter : '-');
  }
  const [first] = events;
  const head =
    first?.kind === 'open'
      ? `${describeEvent(first)
          .replace(/^(#\d+).*? open +/, '$1 ')
          .trimEnd()}\n`
      : '';
  return `${head}${blocks.map((block) => drawn(block, labels)).join('')}`;
}

function drawn({ time, rx, tx, legend }: Block, labels: MarbleLabels): string {
  const lines = [...legend.values()].map(({ line }) => `  ${line}\n`).join('');
  const rows = [`${labels.rx}  ${rx}`, `${labels.tx}  ${tx}`];
  const [above, below] = labels.first === 'tx' ? rows.reverse() : rows;
  return `\n${showWireTime(time).padStart(MARGIN - 6)}  ${above}\n${' '.repeat(MARGIN - 4)}${below}\n${lines}`;
}

/** The longer the time, the more dashes: none below 100 µs, one more for each power of ten. */
function dashesFor(time: number): number {
  let dashes = 0;
  for (let rest = time; rest >= 100 && dashes < 6; rest /= 10) dashes++;
  return dashes;
}

/** The letter of an event's bytes: the same one for the same bytes of a block. */
function letterOf(event: WireEvent, { legend }: Block, labels: MarbleLabels): string {
  const { kind, bytes = 0, data } = event;
  const name = labels[kind as 'rx' | 'tx'];
  const room = COLUMNS - 24 - name.length;
  const shown = labels.show?.(event) ?? (data === undefined ? '(not kept)' : shownIn(data, room));
  const missing = data !== undefined && data.length < bytes ? ' …' : '';
  const text = `${name}  ${`${bytes} ${bytes === 1 ? 'byte ' : 'bytes'}`.padStart(12)}  ${shown}${missing}`;
  const key = `${text} ${data === undefined ? '' : Buffer.from(data).toString('latin1')}`;
  let entry = legend.get(key);
  if (entry === undefined) {
    const letter = pickLetter(legend.size);
    entry = { letter, line: `${letter}  ${text}` };
    legend.set(key, entry);
  }
  return entry.letter;
}

/** As many bytes as fit, as code. */
function shownIn(data: Uint8Array, width: number): string {
  if (data.length <= width) {
    const whole = showBytes(data);
    if (columnsOf(whole) <= width) return whole;
  }
  // A byte takes a column or more.
  for (let most = Math.min(data.length - 1, width); most > 1; most--) {
    const part = showBytes(data.subarray(0, most));
    if (columnsOf(part) < width) return `${part}…`;
  }
  return '…';
}

/** How many columns a text takes: a character of East Asia, or a picture, takes two. */
function columnsOf(text: string): number {
  return [...text].reduce((sum, one) => sum + (one >= '\u1100' ? 2 : 1), 0);
}
