// Proves the screens of the terminal without one: what is where, at each size, for a conversation that is made by hand.
import { draw, type Scene } from '../../../src/wiretap/terminal/draw';
import type { Line } from '../../../src/wiretap/terminal/Line';
import { initialViewState, type ViewConnection, type ViewState } from '../../../src/wiretap/terminal/ViewState';
import type { WireEvent } from '../../../src/wiretap/WireEvent';

const OPENED = Date.UTC(2026, 0, 1, 12, 0, 0);

function connection(
  id: number,
  list: [kind: WireEvent['kind'], time: number, text?: string | undefined, more?: object][],
): ViewConnection {
  const events = list.map(
    ([kind, time, text, more], seq): WireEvent => ({
      seq,
      time: time * 1000,
      connection: id,
      kind,
      ...(text !== undefined && { bytes: text.length, data: Buffer.from(text) }),
      ...more,
    }),
  );
  const client = `127.0.0.1:4000${id}`;
  return { id, client, target: '127.0.0.1:6379', openedAt: OPENED, side: 'client', events, last: events.at(-1) };
}

const talk = connection(1, [
  ['open', 0],
  ['tx', 20, 'PING\r\n'],
  ['rx', 40, '+PONG\r\n'],
  ['paused', 100],
  ['resumed', 130],
  ['pressure', 150],
  ['drained', 180],
  ['tx', 200, 'a'],
  ['tx', 201, 'b'],
  ['fin-out', 220],
  ['fin-in', 240],
  ['close', 245, undefined, { by: 'local' }],
]);
const broken = connection(2, [
  ['open', 0],
  ['rx', 10, '\x1b[31m\u202e'],
  ['gap', 20, undefined, { bytes: 9 }],
  ['reset', 60, undefined, { by: 'peer' }],
  ['close', 60, undefined, { by: 'reset', error: 'read ECONNRESET' }],
]);

const size = { columns: 80, rows: 24 };
const scene: Scene = {
  title: '127.0.0.1:9000 → 127.0.0.1:6379',
  connections: [talk, broken],
  now: (OPENED + 400) * 1000,
};
const text = (line: Line | undefined) =>
  (line ?? [])
    .map((span) => span.text)
    .join('')
    .trimEnd();
const screen = (state: Partial<ViewState> = {}, at = size, what = scene) =>
  draw({ ...initialViewState(), ...state }, what, at).map(text);

describe('the list of connections', () => {
  it('draws two rows for each, on one time axis of 10 ms a column', () => {
    const lines = screen();
    expect(lines).toHaveLength(24);
    expect(lines[0]).toBe(' 0 open, 2 closed  127.0.0.1:9000 → 127.0.0.1:6379      10 ms a column  FOLLOWS');
    expect(lines.slice(2, 8)).toEqual([
      ' #1 127.0.0.1:40001 → 127.0.0.1:6379  closed  client 8 B  server 7 B',
      ` client ${' '.repeat(31)}──●────────────════─2─│`,
      ` server ${' '.repeat(31)}────●─────════──────────│`,
      '▸#2 127.0.0.1:40002 → 127.0.0.1:6379  broken (reset)  client ≥ 0 B  server ≥ 6 B',
      ` client ${' '.repeat(31)}──…───`,
      ` server ${' '.repeat(31)}─●…───✖`,
    ]);
    expect(lines[23]).toMatch(/^ \? help {2}↑↓ choose/);
  });

  it('says that there is none yet', () => {
    expect(screen({}, size, { ...scene, connections: [] })[3]).toBe('  No connection yet: let a client connect.');
  });

  it.each([
    [{ columns: 40, rows: 10 }],
    [{ columns: 20, rows: 5 }],
    [{ columns: 8, rows: 2 }],
    [{ columns: 200, rows: 60 }],
  ])('fits into %j', (at) => expect(screen({}, at)).toHaveLength(at.rows));

  it('shows those that pass the filter', () => {
    const lines = screen({ filter: 'reset' });
    expect(lines[0]).toContain("1 with 'reset'");
    expect(lines.filter((line) => /#\d/.test(line))).toEqual([expect.stringContaining('#2')]);
    expect(screen({ filter: 'ping' }).filter((line) => /#\d/.test(line))).toEqual([expect.stringContaining('#1')]);
  });

  it('shows the chosen one among many', () => {
    const connections = Array.from({ length: 100 }, (_, i) => connection(i + 1, [['open', 0]]));
    const lines = screen({ chosen: 50 }, size, { ...scene, connections });
    expect(lines.filter((line) => line.startsWith('▸'))).toEqual([expect.stringContaining('▸#50 ')]);
    expect(lines.filter((line) => /^.#\d/.test(line))).toHaveLength(7);
  });
});

describe('one connection', () => {
  const detail = (state: Partial<ViewState>, what = scene) =>
    screen({ screen: 'detail', chosen: 1, ...state }, size, what);

  it('has its rows, its events, and the bytes of the chosen one', () => {
    const lines = detail({ event: 2 });
    expect(lines[1]).toContain('▸#1 127.0.0.1:40001');
    expect(lines[5]).toMatch(/^── events ─+$/);
    expect(lines.slice(6, 11)).toEqual([
      '       0.000 ms          open',
      "      20.000 ms  client      6 bytes  'PING\\r\\n'",
      "▸     40.000 ms  server      7 bytes  '+PONG\\r\\n'",
      '     100.000 ms  server  must wait',
      '     130.000 ms  server  may go on',
    ]);
    expect(lines).toContain("  '+PONG\\r\\n'");
    expect(lines.find((line) => line.startsWith('── 7 bytes, as text'))).toBeDefined();
  });

  it('has bytes in hexadecimal', () => {
    expect(detail({ event: 2, hex: true })).toContain(`  00000000  2b 50 4f 4e 47 0d 0a${' '.repeat(28)} |+PONG..|`);
  });

  it('has frames instead of bytes, if they are cut', () => {
    const frames = new Map([[2, 'PONG']]);
    expect(detail({ event: 2 }, { ...scene, frames })[8]).toBe('▸     40.000 ms  server      7 bytes  PONG');
  });

  it('has no character that a terminal obeys', () => {
    const lines = screen({ screen: 'detail', chosen: 2, event: 1 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
    expect(lines.join('')).not.toMatch(/[\x00-\x1f\u202e]/);
    expect(lines.join('\n')).toContain('\\x1b[31m\\u{202e}');
  });
});

describe('the last line', () => {
  it('has the text that is typed, and messages', () => {
    expect(screen({ input: { what: 'search', text: 'PI' } })[23]).toBe('/PI▏');
    expect(screen({ input: { what: 'filter', text: '' } })[23]).toBe('show only: ▏');
    expect(screen({ message: 'done' })[23]).toBe('done');
  });
});

it('the help names all keys', () => {
  const help = screen({ help: true }).join('\n');
  for (const key of ['Enter', 'Esc', '←', '+', 'Space', 'Home', '/', 'f ', 'x ', 't ', 'q'])
    expect(help).toContain(key);
});
