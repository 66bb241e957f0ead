import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { draw, summarize } from '../src/draw.js';
import { openView } from '../src/openView.js';
import { changesBetween, painter, Screen } from '../src/Screen.js';
import type { Snapshot, WorstConnection } from '../src/Snapshot.js';

const worst = (index: number): WorstConnection => ({
  peer: `127.0.0.1:${50_000 + index}`,
  age: 20_000,
  read: 4_400_000,
  written: 4_200_000,
  queued: 65_536,
  unread: 151_552,
  held: 13_000 - index * 1000,
  heldBy: ['writeTo'],
});

const snapshot: Snapshot = {
  addresses: ['127.0.0.1:9000', 'TLS 127.0.0.1:9001'],
  metrics: 'http://127.0.0.1:9100/metrics',
  at: Date.UTC(2026, 0, 1, 12, 0, 5),
  uptime: 72_000,
  open: 5000,
  opened: 9812,
  closed: { local: 12, peer: 4000, reset: 700, timeout: 100, error: 0 },
  openedPerSecond: 48,
  closedPerSecond: 47,
  refused: 12,
  failed: { accept: 0, handshake: 20, proxy: 0, handler: 11 },
  probes: 8,
  bytesIn: 1.2e9,
  bytesOut: 1.1e9,
  ratesIn: [0, 5e6, 1e7],
  ratesOut: [1e7, 5e6, 0],
  queued: 2_700_000,
  unread: 6_500_000,
  held: 42,
  heldBy: { writeTo: 42 },
  pressed: 41,
  loopP99: 2.4,
  loopMax: 31,
  cpu: 0.43,
  memory: 2e8,
  took: 5,
  worst: Array.from({ length: 10 }, (_, index) => worst(index)),
};

describe('draw', () => {
  it('shows the numbers in 80 columns', () => {
    assert.deepEqual(draw(snapshot, { columns: 80, rows: 17 }), [
      'rxjs-tcp  127.0.0.1:9000, TLS 127.0.0.1:9001                             up 72 s',
      '          http://127.0.0.1:9100/metrics',
      '',
      'connections  5,000 open    +48 -47 a second      9,812 opened',
      'closed       4,812         local 12, peer 4,000, reset 700, timeout 100',
      'refused      12',
      'failed       31            handshake 20, handler 11, probes 8',
      'in           9.5 M/s   1.1 G in all    ▁▄█',
      'out          0 B/s     1.0 G in all    █▄▁',
      'waiting      2.6 M queued  6.2 M unread',
      'slow         42 held       41 under pressure     writeTo 42',
      'event loop   p99 2 ms      longest 31 ms',
      'process      cpu 43 %      memory 191 M          this view 5 ms',
      '',
      'the worst ten           queued  unread    read written     age  trouble',
      '127.0.0.1:50000           64 k   148 k   4.2 M   4.0 M    20 s  writeTo 13 s',
      '127.0.0.1:50001           64 k   148 k   4.2 M   4.0 M    20 s  writeTo 12 s',
    ]);
  });

  it('fits into any terminal, and colours move nothing', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of colours
    const plain = (line: string) => line.replace(/\x1b\[\d+m/g, '');
    for (const columns of [1, 7, 20, 39, 40, 50, 72, 80, 81, 120, 300]) {
      for (const rows of [1, 3, 24, 60]) {
        const lines = draw(snapshot, { columns, rows });
        assert.ok(lines.length <= rows);
        for (const line of lines) assert.ok([...line].length <= columns, `${columns}: ${line}`);
        assert.deepEqual(draw(snapshot, { columns, rows }, painter(true)).map(plain), lines);
      }
    }
  });

  it('says what ails a connection', () => {
    const { held: _, heldBy: __, ...calm } = worst(0);
    const trouble = (one: WorstConnection) =>
      draw({ ...snapshot, worst: [one] }, { columns: 80, rows: 30 })
        .at(-1)!
        .slice(64);
    assert.equal(trouble({ ...calm, pressed: 2000 }), 'pressure 2.0 s');
    assert.equal(trouble(calm), 'unfinished frame');
    assert.equal(trouble({ ...calm, unread: 0 }), 'queued');
    assert.equal(draw({ ...snapshot, worst: [] }, { columns: 80, rows: 30 }).at(-1), 'No connection waits.');
  });
});

describe('summarize', () => {
  it('is one line without codes', () => {
    assert.equal(
      summarize(snapshot),
      '12:00:05 5,000 open, +48 -47/s, in 9.5 M/s, out 0 B/s, 2.6 M queued, 42 held, 12 refused, 31 failed, loop 2 ms, worst 127.0.0.1:50000 writeTo 13 s',
    );
  });
});

describe('a screen', () => {
  it('writes the lines that have changed, and clears those that are gone', () => {
    assert.equal(changesBetween(['a', 'b', 'c'], ['a', 'x']), '\x1b[2;1H\x1b[Kx\x1b[3;1H\x1b[K');
    const written: string[] = [];
    const screen = new Screen({ columns: 80, rows: 24, write: (text) => written.push(text) });
    screen.show(['a']);
    screen.show(['a']);
    assert.equal(written.length, 2); // the alternate screen, and the line
    screen.leave();
    assert.equal(written.at(-1), '\x1b[?25h\x1b[?1049l');
  });

  it('is drawn anew when the size changes, without colours if NO_COLOR says so', () => {
    let written = '';
    const fake = Object.assign(new EventEmitter(), {
      isTTY: true,
      columns: 80,
      rows: 24,
      write: (text: string) => (written += text),
    });
    const noColor = process.env.NO_COLOR;
    process.env.NO_COLOR = '1';
    const view = openView(fake as unknown as NodeJS.WriteStream);
    view.show(snapshot);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of colours
    assert.doesNotMatch(written, /\x1b\[\d+m/);
    written = '';
    fake.columns = 40;
    fake.emit('resize');
    assert.match(written, /5,000 open/);
    assert.doesNotMatch(written, /age/); // too narrow for it
    view.close();
    assert.equal(fake.listenerCount('resize'), 0);
    if (noColor === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = noColor;
  });
});
