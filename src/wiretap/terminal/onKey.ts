import type { Scene, Size } from './draw';
import { filterConnections } from './filterConnections';
import { type EventPlace, findEvent } from './findEvent';
import { scales } from './scales';
import type { ViewConnection, ViewState } from './ViewState';
import { windowOf } from './windowOf';

/** What a key asks of the program. */
export type KeyAction =
  | { readonly what: 'quit' }
  | { readonly what: 'copy'; readonly connection: number; readonly as: 'script' | 'marbles' };

/** What follows from a key: the new view, and sometimes an action. */
export interface KeyResult {
  readonly state: ViewState;
  readonly action?: KeyAction;
}

/** The view after a key. */
export function onKey(before: ViewState, key: string, scene: Scene, size: Size): KeyResult {
  const state = { ...before, message: '' };
  if (key === 'ctrl-c') return { state, action: { what: 'quit' } };
  if (state.input !== undefined) return { state: type(state, key, scene, size) };
  if (state.help) return { state: { ...state, help: false } };
  const shown = filterConnections(scene.connections, state.filter);
  const chosen = shown.find(({ id }) => id === state.chosen) ?? shown.at(-1);
  switch (key) {
    case 'q':
      return { state, action: { what: 'quit' } };
    case '?':
      return { state: { ...state, help: true } };
    case 't':
    case 'T':
      if (chosen === undefined) return { state };
      return { state, action: { what: 'copy', connection: chosen.id, as: key === 't' ? 'script' : 'marbles' } };
    case '/':
      return { state: { ...state, input: { what: 'search', text: '' } } };
    case 'f':
      return { state: { ...state, input: { what: 'filter', text: state.filter } } };
    case 'x':
      return { state: { ...state, hex: !state.hex } };
    case '+':
    case '=':
    case '-':
      return { state: zoomed(state, key === '-' ? 1 : -1, chosen, scene, size) };
    case ' ':
      return { state: { ...state, edge: state.edge === undefined ? scene.now : undefined } };
    case 'left':
    case 'right': {
      const scale = scales[state.zoom] as number;
      const edge = (state.edge ?? scene.now) + (key === 'left' ? -1 : 1) * 10 * scale;
      return { state: { ...state, edge: edge >= scene.now ? undefined : edge } };
    }
    case 'escape':
      if (state.screen === 'list') return { state: { ...state, filter: '', chosen: undefined } };
      break;
    case 'n':
    case 'N':
      return { state: search(state, scene, size, key === 'n' ? 1 : -1) };
    default:
  }
  if (chosen === undefined) return { state };
  return {
    state:
      state.screen === 'detail'
        ? inDetail(state, key, chosen, scene, size)
        : inList(state, key, shown, chosen, scene, size),
  };
}

function inList(
  state: ViewState,
  key: string,
  shown: readonly ViewConnection[],
  chosen: ViewConnection,
  scene: Scene,
  size: Size,
): ViewState {
  const at = shown.indexOf(chosen);
  const choose = (index: number) => ({ ...state, chosen: shown[clamp(index, 0, shown.length - 1)]?.id });
  const step = stepOf(key, 5);
  if (step !== undefined) return choose(at + step);
  switch (key) {
    case 'end':
      return { ...choose(shown.length - 1), edge: undefined };
    case 'enter':
      return enter(state, chosen, scene, size);
    default:
      return state;
  }
}

/** How far a key goes in a list. */
function stepOf(key: string, page: number): number | undefined {
  switch (key) {
    case 'up':
    case 'k':
      return -1;
    case 'down':
    case 'j':
      return 1;
    case 'page-up':
      return -page;
    case 'page-down':
      return page;
    case 'home':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

function inDetail(state: ViewState, key: string, open: ViewConnection, scene: Scene, size: Size): ViewState {
  const events = open.events.filter(({ kind }) => kind !== 'sent');
  const found = events.findIndex(({ seq }) => seq === state.event);
  const at = found < 0 ? events.length - 1 : found;
  const choose = (index: number) => {
    const seq = events[clamp(index, 0, events.length - 1)]?.seq;
    return seq === undefined ? state : showEvent(state, { connection: open.id, seq }, scene, size);
  };
  const step = stepOf(key, 10);
  if (step !== undefined) return choose(at + step);
  switch (key) {
    case 'end':
      return { ...state, event: undefined, edge: undefined };
    case 'escape':
      return { ...state, screen: 'list', event: undefined };
    default:
      return state;
  }
}

/** Opens a connection: a closed one at its end, which may be long ago. */
function enter(state: ViewState, { id, last }: ViewConnection, scene: Scene, size: Size): ViewState {
  const opened: ViewState = { ...state, screen: 'detail', chosen: id, event: undefined };
  return last?.kind === 'close' ? showEvent(opened, { connection: id, seq: last.seq }, scene, size) : opened;
}

/** Another scale. The chosen event stays on the screen, else the middle of it, and a view that follows goes on. */
function zoomed(state: ViewState, step: 1 | -1, open: ViewConnection | undefined, scene: Scene, size: Size): ViewState {
  const next = { ...state, zoom: clamp(state.zoom + step, 0, scales.length - 1) };
  if (state.screen === 'detail' && open !== undefined && state.event !== undefined) {
    return showEvent(next, { connection: open.id, seq: state.event }, scene, size);
  }
  if (state.edge === undefined) return next;
  const [before, after] = [windowOf(state, scene.now, size.columns), windowOf(next, scene.now, size.columns)];
  const middle = before.start + (before.scale * before.columns) / 2;
  return { ...next, edge: middle + (after.scale * after.columns) / 2 };
}

/** Opens an event, and moves the time to it if it is not on the screen. */
function showEvent(state: ViewState, { connection, seq }: EventPlace, scene: Scene, { columns }: Size): ViewState {
  const opened = scene.connections.find(({ id }) => id === connection);
  const event = opened?.events.find((one) => one.seq === seq);
  if (opened === undefined || event === undefined) return state;
  const time = opened.openedAt * 1000 + event.time;
  const { start, scale, columns: width } = windowOf(state, scene.now, columns);
  const isSeen = time >= start && time < start + scale * width;
  // While the view follows, the event would soon be gone.
  const edge = isSeen ? (state.edge ?? scene.now) : time + (scale * width) / 2;
  return { ...state, screen: 'detail', chosen: connection, event: seq, edge };
}

function search(state: ViewState, scene: Scene, size: Size, step: 1 | -1): ViewState {
  if (state.search === '') return { ...state, message: 'There is no search yet: / begins one' };
  const shown = filterConnections(scene.connections, state.filter);
  const from = {
    ...(state.chosen !== undefined && { connection: state.chosen }),
    ...(state.event !== undefined && { seq: state.event }),
  };
  const found = findEvent(shown, state.search, from, step);
  if (found === undefined) return { ...state, message: `No bytes have '${state.search}'` };
  return showEvent(state, found, scene, size);
}

/** A key while a text is typed. */
function type(state: ViewState, key: string, scene: Scene, size: Size): ViewState {
  const { what, text } = state.input as NonNullable<ViewState['input']>;
  const typed = (next: string): ViewState => ({ ...state, input: { what, text: next } });
  switch (key) {
    case 'escape':
      return { ...state, input: undefined };
    case 'backspace':
      return typed([...text].slice(0, -1).join(''));
    case 'ctrl-u':
      return typed('');
    case 'enter':
      if (what === 'filter') return { ...state, input: undefined, filter: text, screen: 'list' };
      return search({ ...state, input: undefined, search: text }, scene, size, 1);
    default:
      return [...key].length === 1 ? typed(text + key) : state;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
