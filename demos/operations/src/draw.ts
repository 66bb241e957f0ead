/**
 * The dashboard as lines of text. It is pure: the same snapshot and size give the same lines.
 *
 * A line is a list of parts. Its width is that of its plain text, so colours never move a column; the terminal adds them at last.
 */

import type { Snapshot, WorstConnection } from './Snapshot.js';
import { showBars, showBytes, showCount, showTime } from './show.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Style = 'plain' | 'dim' | 'bold' | 'good' | 'warn' | 'bad';

/** Gives a text its colour. */
export type Paint = (text: string, style: Style) => string;

type Part = readonly [text: string, style?: Style];

const LABEL = 13;
/** A turn of the event loop of this many milliseconds is long. */
const LONG = 50;

/** @returns At most `rows` lines of at most `columns` characters. */
export function draw(snapshot: Snapshot, { columns, rows }: Size, paint: Paint = (text) => text): string[] {
  const lines = [...head(snapshot, columns), ...body(snapshot, columns), [], ...table(snapshot.worst, columns)];
  return lines.slice(0, Math.max(0, rows)).map((parts) => fit(parts, columns, paint));
}

/** The same in one line, for a pipe or a log. */
export function summarize(snapshot: Snapshot): string {
  const { at, open, openedPerSecond, closedPerSecond, ratesIn, ratesOut, queued, held, loopP99, worst, refused } =
    snapshot;
  const time = new Date(at).toISOString().slice(11, 19);
  const failed = sum(snapshot.failed);
  const first = worst[0];
  return [
    `${time} ${showCount(open)} open`,
    `+${showCount(openedPerSecond)} -${showCount(closedPerSecond)}/s`,
    `in ${showBytes(ratesIn.at(-1) ?? 0)}/s`,
    `out ${showBytes(ratesOut.at(-1) ?? 0)}/s`,
    `${showBytes(queued)} queued`,
    `${showCount(held)} held`,
    `${showCount(refused)} refused`,
    `${showCount(failed)} failed`,
    `loop ${showTime(loopP99)}`,
    ...(first === undefined ? [] : [`worst ${first.peer} ${trouble(first)[0]}`]),
  ].join(', ');
}

function head({ addresses, metrics, uptime }: Snapshot, columns: number): Part[][] {
  const up = `up ${showTime(uptime)}`;
  const left = `rxjs-tcp  ${addresses.join(', ')}`;
  const gap = Math.max(2, columns - left.length - up.length);
  return [
    [['rxjs-tcp', 'bold'], [left.slice(8)], [`${' '.repeat(gap)}${up}`, 'dim']],
    [[`          ${metrics}`, 'dim']],
    [],
  ];
}

function body(snapshot: Snapshot, columns: number): Part[][] {
  const { open, opened, closed, openedPerSecond, closedPerSecond, refused, failed, probes } = snapshot;
  const { queued, unread, held, heldBy, pressed, loopP99, loopMax, cpu, memory, took } = snapshot;
  const row = (label: string, ...parts: Part[]): Part[] => [[label.padEnd(LABEL), 'dim'], ...parts];
  const failures = sum(failed);
  const bars = Math.min(40, columns - LABEL - 26);
  const flow = (label: string, rates: readonly number[], total: number) =>
    row(
      label,
      [`${showBytes(rates.at(-1) ?? 0)}/s`.padEnd(10), 'bold'],
      [`${showBytes(total)} in all`.padEnd(16)],
      [showBars(rates, bars), 'good'],
    );
  return [
    row(
      'connections',
      [`${showCount(open)} open`.padEnd(14), 'bold'],
      [`+${showCount(openedPerSecond)} -${showCount(closedPerSecond)} a second`.padEnd(22)],
      [`${showCount(opened)} opened`],
    ),
    row('closed', [`${showCount(sum(closed))}`.padEnd(14)], [breakdown(closed), 'dim']),
    row('refused', [showCount(refused), refused > 0 ? 'warn' : 'plain']),
    row(
      'failed',
      [showCount(failures).padEnd(14), failures > 0 ? 'warn' : 'plain'],
      [[breakdown(failed), `probes ${showCount(probes)}`].filter(Boolean).join(', '), 'dim'],
    ),
    flow('in', snapshot.ratesIn, snapshot.bytesIn),
    flow('out', snapshot.ratesOut, snapshot.bytesOut),
    row('waiting', [`${showBytes(queued)} queued`.padEnd(14)], [`${showBytes(unread)} unread`]),
    row(
      'slow',
      [`${showCount(held)} held`.padEnd(14), held > 0 ? 'bad' : 'plain'],
      [`${showCount(pressed)} under pressure`.padEnd(22), pressed > 0 ? 'bad' : 'plain'],
      [breakdown(heldBy), 'dim'],
    ),
    row(
      'event loop',
      [`p99 ${showTime(loopP99)}`.padEnd(14), loopP99 > LONG ? 'bad' : 'plain'],
      [`longest ${showTime(loopMax)}`.padEnd(22), loopMax > 4 * LONG ? 'bad' : 'plain'],
    ),
    row(
      'process',
      [`cpu ${Math.round(cpu * 100)} %`.padEnd(14), cpu > 0.8 ? 'bad' : 'plain'],
      [`memory ${showBytes(memory)}`.padEnd(22)],
      [`this view ${showTime(took)}`, 'dim'],
    ),
  ];
}

/** The columns of the table: what does not fit is left out from the right, but the peer and its trouble always stay. */
const COLUMNS: readonly (readonly [title: string, show: (one: WorstConnection) => string])[] = [
  ['queued', ({ queued }) => showBytes(queued)],
  ['unread', ({ unread }) => showBytes(unread)],
  ['read', ({ read }) => showBytes(read)],
  ['written', ({ written }) => showBytes(written)],
  ['age', ({ age }) => showTime(age)],
];
const CELL = 8;
const PEER = 22;
const TROUBLE = 18;

function table(worst: readonly WorstConnection[], columns: number): Part[][] {
  if (worst.length === 0) return [[['No connection waits.', 'good']]];
  const count = Math.max(0, Math.min(COLUMNS.length, Math.floor((columns - PEER - TROUBLE) / CELL)));
  const shown = COLUMNS.slice(0, count);
  const cells = (of: (column: (typeof COLUMNS)[number]) => string) =>
    shown.map((one) => of(one).padStart(CELL)).join('');
  return [
    [[`${'the worst ten'.padEnd(PEER)}${cells(([title]) => title)}  trouble`, 'dim']],
    ...worst.map((one): Part[] => [
      [
        (one.peer.length > PEER ? `…${one.peer.slice(1 - PEER)}` : one.peer.padEnd(PEER)) +
          cells(([, show]) => show(one)),
      ],
      [`  ${trouble(one)[0]}`, trouble(one)[1]],
    ]),
  ];
}

function trouble({ held = 0, heldBy = [], pressed = 0, unread }: WorstConnection): readonly [string, Style] {
  const style = (time: number): Style => (time > 10_000 ? 'bad' : time >= 1_000 ? 'warn' : 'plain');
  if (held > 0) return [`${heldBy.join('+')} ${showTime(held)}`, style(held)];
  if (pressed > 0) return [`pressure ${showTime(pressed)}`, style(pressed)];
  return [unread > 0 ? 'unfinished frame' : 'queued', 'plain'];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function breakdown(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${showCount(count)}`)
    .join(', ');
}

/** Leaves out the parts for which the terminal is too narrow, except for the first two: these are cut. Then it paints them. */
function fit(parts: readonly Part[], columns: number, paint: Paint): string {
  let left = columns;
  let line = '';
  for (const [index, [text, style = 'plain']] of parts.entries()) {
    const last = index === parts.length - 1;
    const shown = last ? text.trimEnd() : text;
    if (left <= 0 || (index > 1 && shown.trimEnd().length > left)) break;
    const cut = shown.slice(0, left);
    line += cut.trim() === '' ? cut : paint(cut, style);
    left -= cut.length;
  }
  return line;
}
