import type { Scene } from '../../../src/wiretap/terminal/draw';
import { onKey } from '../../../src/wiretap/terminal/onKey';
import { scales } from '../../../src/wiretap/terminal/scales';
import { initialViewState, type ViewConnection, type ViewState } from '../../../src/wiretap/terminal/ViewState';
import { windowOf } from '../../../src/wiretap/terminal/windowOf';
import type { WireEvent } from '../../../src/wiretap/WireEvent';

const size = { columns: 80, rows: 24 };

function connection(id: number, ...texts: string[]): ViewConnection {
  const events = texts.map(
    (text, seq): WireEvent => ({
      seq,
      time: seq * 1000,
      connection: id,
      kind: 'tx',
      bytes: text.length,
      data: Buffer.from(text),
    }),
  );
  return { id, client: 'c', target: 't', openedAt: 1000, side: 'client', events, last: events.at(-1) };
}

const scene: Scene = {
  title: '',
  connections: [connection(1, 'one', 'two', 'Three'), connection(2, 'four', 'three'), connection(3, 'five')],
  now: 2_000_000,
};

/** The view after these keys, and the last action. */
function viewAfter(keys: string[], from: Partial<ViewState> = {}) {
  let state: ViewState = { ...initialViewState(), ...from };
  let action: unknown;
  for (const key of keys)
    ({ state, action } = onKey(state, key, scene, size) as { state: ViewState; action?: unknown });
  return { ...state, action };
}

describe('onKey', () => {
  it('opens a closed connection at its end, which is on the screen', () => {
    const talk = connection(1, 'one', 'two');
    const last: WireEvent = { seq: 2, time: 3000, connection: 1, kind: 'close', by: 'local' };
    const closed = { ...talk, events: [...talk.events, last], last };
    const late: Scene = { title: '', connections: [closed], now: 900_000_000 };
    const { state } = onKey(initialViewState(), 'enter', late, size);
    expect(state).toMatchObject({ screen: 'detail', chosen: 1, event: 2 });
    const { start, scale, columns } = windowOf(state, late.now, size.columns);
    const time = closed.openedAt * 1000 + last.time;
    expect(time >= start && time < start + scale * columns).toBe(true);
  });

  it.each<[string, string[], Partial<ViewState>]>([
    ['chooses connections', ['up'], { chosen: 2 }],
    ['stops at the first', ['up', 'up', 'up', 'up'], { chosen: 1 }],
    ['stops at the last', ['down', 'down'], { chosen: 3 }],
    ['goes to the first', ['home'], { chosen: 1 }],
    ['opens the newest', ['enter'], { screen: 'detail', chosen: 3 }],
    ['goes back', ['enter', 'escape'], { screen: 'list' }],
    ['chooses events', ['home', 'enter', 'up'], { event: 1 }],
    ['goes to the first event', ['home', 'enter', 'home'], { event: 0 }],
    ['goes to the newest event', ['home', 'enter', 'home', 'end'], { event: undefined, edge: undefined }],
    ['freezes', [' '], { edge: 2_000_000 }],
    ['follows again', [' ', ' '], { edge: undefined }],
    ['moves into the past, and freezes', ['left'], { edge: 2_000_000 - 10 * 10_000 }],
    ['follows when the present is reached', ['left', 'right'], { edge: undefined }],
    ['zooms in', ['+'], { zoom: 11 }],
    ['zooms out', ['-'], { zoom: 13 }],
    ['zooms to the microsecond at most', Array(50).fill('+'), { zoom: 0 }],
    ['zooms out to seconds at most', Array(50).fill('-'), { zoom: scales.length - 1 }],
    ['shows hexadecimal', ['x'], { hex: true }],
    ['shows the help', ['?'], { help: true }],
    ['closes the help by any key', ['?', 'x'], { help: false, hex: false }],
    ['filters', ['f', 'i', 'v', 'e', 'enter'], { filter: 'ive', input: undefined }],
    ['edits a text', ['f', 'a', 'b', 'backspace', 'up'], { input: { what: 'filter', text: 'a' } }],
    ['empties a text', ['f', 'a', 'b', 'ctrl-u'], { input: { what: 'filter', text: '' } }],
    ['gives up a text', ['f', 'a', 'escape'], { filter: '', input: undefined }],
    ['takes the filter away', ['f', 'a', 'enter', 'escape'], { filter: '' }],
    ['takes q as a character while a text is typed', ['f', 'q'], { input: { what: 'filter', text: 'q' } }],
    ['says that there is no search', ['n'], { message: 'There is no search yet: / begins one' }],
    ['says that nothing is found', ['/', 'z', 'enter'], { message: "No bytes have 'z'" }],
    ['finds bytes, in upper or lower case', ['/', 'T', 'h', 'R', 'enter'], { screen: 'detail', chosen: 1, event: 2 }],
    ['finds the next', ['/', 't', 'h', 'r', 'enter', 'n'], { chosen: 2, event: 1 }],
    ['finds the one before', ['/', 't', 'h', 'r', 'enter', 'n', 'N'], { chosen: 1, event: 2 }],
    ['begins again at the end', ['/', 't', 'h', 'r', 'enter', 'n', 'n'], { chosen: 1, event: 2 }],
  ])('%s', (_, keys, expected) => expect(viewAfter(keys)).toMatchObject(expected));

  it('quits, and copies as a test', () => {
    expect(viewAfter(['q']).action).toEqual({ what: 'quit' });
    expect(viewAfter(['ctrl-c']).action).toEqual({ what: 'quit' });
    expect(viewAfter(['f', 'ctrl-c']).action).toEqual({ what: 'quit' });
    expect(viewAfter(['t']).action).toEqual({ what: 'copy', connection: 3, as: 'script' });
    expect(viewAfter(['up', 'T']).action).toEqual({ what: 'copy', connection: 2, as: 'marbles' });
  });

  it('keeps the chosen event on the screen, whatever the zoom', () => {
    let state = viewAfter(['home', 'enter', 'home', 'down']);
    for (const key of [...Array<string>(20).fill('+'), ...Array<string>(30).fill('-')]) {
      state = viewAfter([key], state);
      const { start, scale, columns } = windowOf(state, scene.now, size.columns);
      // One second after 1970, and one millisecond.
      expect(start).toBeLessThanOrEqual(1_001_000);
      expect(start + scale * columns).toBeGreaterThan(1_001_000);
    }
  });

  it('does nothing without connections', () => {
    const none = { ...scene, connections: [] };
    for (const key of ['up', 'down', 'enter', 't', 'home', 'end', 'n', 'escape', 'page-up', 'page-down']) {
      expect(onKey(initialViewState(), key, none, size).action).toBeUndefined();
    }
  });
});
