import { hexDigits } from '../../bytes/hexDigits';
import { showBytes } from '../../bytes/showBytes';
import { describeEvent } from '../print/describeEvent';
import { escapeText } from '../print/escapeText';
import { showWireTime } from '../showWireTime';
import type { WireEvent } from '../WireEvent';
import { drawAxis } from './drawAxis';
import type { Line, Style } from './Line';
import { marbleRows, type TimeWindow } from './marbleRows';
import { nameLine } from './nameLine';
import type { ViewConnection } from './ViewState';

/** How a connection is looked at. */
export interface DetailView {
  /** The number of the chosen event; `undefined` is the newest one. */
  readonly event: number | undefined;
  readonly hex: boolean;
  /** The frames that the bytes of an event complete, by its number. */
  readonly frames?: ReadonlyMap<number, string> | undefined;
}

/** One connection: its rows, its events, and the bytes of the chosen event as text or in hexadecimal. */
export function drawDetail(
  connection: ViewConnection,
  { event: wanted, hex, frames }: DetailView,
  window: TimeWindow,
  columns: number,
  rows: number,
): Line[] {
  const events = connection.events.filter(({ kind }) => kind !== 'sent');
  const found = events.findIndex(({ seq }) => seq === wanted);
  const at = found < 0 ? events.length - 1 : found;
  const chosen = events[at];
  const { client, server } = marbleRows(connection, window, chosen?.seq);
  const lines: Line[] = [
    nameLine(connection, true),
    [{ text: '        ', style: 'plain' }, ...drawAxis(window)],
    [{ text: ' client ', style: 'client' }, ...client],
    [{ text: ' server ', style: 'server' }, ...server],
    rule('events', columns),
  ];
  const left = rows - lines.length - 1;
  const forBytes = Math.max(3, Math.floor(left / 3));
  const fit = Math.max(1, left - forBytes);
  const first = Math.max(0, Math.min(at - Math.floor(fit / 2), events.length - fit));
  for (let i = first; i < first + fit; i++) {
    const event = events[i];
    lines.push(event === undefined ? [] : eventLine(event, connection.side, i === at, columns, frames));
  }
  const { bytes = 0, data } = chosen ?? {};
  const cut = data !== undefined && data.length < bytes ? `, ${data.length} kept` : '';
  lines.push(rule(data === undefined ? 'no bytes' : `${bytes} bytes${cut}, as ${hex ? 'hex' : 'text'}`, columns));
  if (data !== undefined) lines.push(...(hex ? dump(data, forBytes) : wrapped(data, columns, forBytes)));
  return lines;
}

function rule(title: string, columns: number): Line {
  return [{ text: `── ${title} ${'─'.repeat(Math.max(0, columns - title.length - 4))}`, style: 'dim' }];
}

function eventLine(
  event: WireEvent,
  side: 'client' | 'server',
  chosen: boolean,
  columns: number,
  frames: ReadonlyMap<number, string> | undefined,
): Line {
  const { kind, time, data } = event;
  const outgoing = OUTGOING.has(kind);
  const sender = outgoing === (side === 'client') ? 'client' : 'server';
  const style: Style = kind === 'reset' ? 'broken' : kind === 'rx' || kind === 'tx' ? sender : 'plain';
  const at = `${chosen ? '▸' : ' '}${showWireTime(time).padStart(14)}  `;
  const [, said = ''] = /^#\d+ +\S+ ms {2}\S+ *(.*)$/.exec(describeEvent(event)) ?? [];
  if (kind !== 'rx' && kind !== 'tx') {
    const words = WORDS[kind];
    const text = words === undefined ? `        ${kind.padEnd(8)} ${said}` : `${sender}  ${words}  ${said}`;
    return [{ text: `${at}${text}`.trimEnd(), style: chosen ? 'chosen' : style }];
  }
  const size = said.padStart(12);
  const frame = frames?.get(event.seq);
  const shown = frame === undefined ? contentOf(data, columns) : escapeText(frame);
  return [{ text: `${at}${sender} ${size}  ${shown}`, style: chosen ? 'chosen' : style }];
}

const OUTGOING: ReadonlySet<string> = new Set(['tx', 'pressure', 'drained', 'fin-out']);

/** What happens to one direction, in words. */
const WORDS: Partial<Record<WireEvent['kind'], string>> = {
  paused: 'must wait',
  resumed: 'may go on',
  pressure: 'must wait',
  drained: 'may go on',
  'fin-in': 'FIN',
  'fin-out': 'FIN',
};

function contentOf(data: Uint8Array | undefined, columns: number): string {
  return data === undefined ? '' : showBytes(data.subarray(0, columns));
}

function wrapped(data: Uint8Array, columns: number, rows: number): Line[] {
  const width = Math.max(8, columns - 2);
  // A byte takes a column or more.
  const text = showBytes(data.subarray(0, width * rows));
  return Array.from({ length: Math.min(rows, Math.ceil(text.length / width)) }, (_, i) => [
    { text: `  ${text.slice(i * width, (i + 1) * width)}`, style: 'plain' },
  ]);
}

function dump(data: Uint8Array, rows: number): Line[] {
  return Array.from({ length: Math.min(rows, Math.ceil(data.length / 16)) }, (_, i) => {
    const bytes = data.subarray(16 * i, 16 * i + 16);
    const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    return [
      {
        text: `  ${(16 * i).toString(16).padStart(8, '0')}  ${hexDigits(bytes).padEnd(48)} |${text}|`,
        style: 'plain',
      },
    ];
  });
}
