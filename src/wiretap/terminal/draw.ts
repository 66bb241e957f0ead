import { escapeText } from '../print/escapeText';
import { drawDetail } from './drawDetail';
import { drawHelp } from './drawHelp';
import { drawList } from './drawList';
import { filterConnections } from './filterConnections';
import type { Line } from './Line';
import { scales } from './scales';
import { showTime } from './showTime';
import type { ViewConnection, ViewState } from './ViewState';
import { windowOf } from './windowOf';

/** What is drawn: everything that is there, and the time. */
export interface Scene {
  /** What the command does: `127.0.0.1:9000 → 127.0.0.1:6379`. */
  readonly title: string;
  readonly connections: readonly ViewConnection[];
  /** Microseconds since 1970. */
  readonly now: number;
  /** The frames of the open connection, by the number of the event that completes them. */
  readonly frames?: ReadonlyMap<number, string> | undefined;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The screen: as many lines as it has rows. */
export function draw(state: ViewState, scene: Scene, { columns, rows }: Size): Line[] {
  const shown = filterConnections(scene.connections, state.filter);
  const window = windowOf(state, scene.now, columns);
  const open = shown.find(({ id }) => id === state.chosen);
  const body = state.help
    ? drawHelp()
    : state.screen === 'detail' && open !== undefined
      ? drawDetail(open, { event: state.event, hex: state.hex, frames: scene.frames }, window, columns, rows - 2)
      : drawList(shown, state.chosen, window, rows - 2);
  const lines = [head(state, scene, shown.length, columns), ...body.slice(0, rows - 2)];
  while (lines.length < rows - 1) lines.push([]);
  return [...lines, foot(state, columns)];
}

function head(state: ViewState, { title, connections }: Scene, shown: number, columns: number): Line {
  const open = connections.filter(({ last }) => last?.kind !== 'close').length;
  const filtered = state.filter === '' ? '' : `, ${shown} with '${escapeText(state.filter)}'`;
  const left = ` ${open} open, ${connections.length - open} closed${filtered}  ${title}`;
  const scale = `${showTime(scales[state.zoom] as number)} a column`;
  const right = ` ${scale}  ${state.edge === undefined ? 'FOLLOWS' : 'FROZEN '} `;
  const room = columns - right.length;
  const text = left.length > room ? `${left.slice(0, Math.max(0, room - 1))}…` : left.padEnd(room);
  return [{ text: `${text}${right}`, style: 'bar' }];
}

function foot({ input, message, screen }: ViewState, columns: number): Line {
  if (input !== undefined) {
    const { what, text } = input;
    return [{ text: `${what === 'search' ? '/' : 'show only: '}${escapeText(text)}▏`.slice(-columns), style: 'bold' }];
  }
  if (message !== '') return [{ text: message.slice(0, columns), style: 'bold' }];
  const keys =
    screen === 'detail'
      ? '? help  Esc back  ↑↓ event  ←→ time  +- zoom  Space freeze  / search  x hex  t test'
      : '? help  ↑↓ choose  Enter open  ←→ time  +- zoom  Space freeze  / search  f filter';
  return [{ text: ` ${keys}`, style: 'dim' }];
}
