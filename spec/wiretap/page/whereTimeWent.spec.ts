import { random } from '../../../src/testing/random';
import { Row } from '../../../src/wiretap/page/Row';
import { type Phase, whereTimeWent } from '../../../src/wiretap/page/whereTimeWent';
import { WIRE_EVENT_KINDS } from '../../../src/wiretap/WIRE_EVENT_KINDS';
import type { WireEventKind } from '../../../src/wiretap/WireEvent';

/** A connection as the client sees it: what happened at which microsecond, with how many bytes. */
const rowOf = (...events: readonly [number, WireEventKind, number?][]): Row => {
  const row = new Row(1, 'client', 'target', 'client', 1_000);
  row.add(
    events.map(([time, kind, bytes = 0], seq) => [seq, time, WIRE_EVENT_KINDS.indexOf(kind), bytes, `${kind}${seq}`]),
  );
  return row;
};
const nonzero = (totals: Readonly<Record<Phase, number>>) =>
  Object.fromEntries(Object.entries(totals).filter(([, time]) => time > 0));

describe('whereTimeWent()', () => {
  it('gives time to the side that ended it', () => {
    const row = rowOf(
      [0, 'open'],
      [10, 'tx', 5],
      [10, 'sent', 5],
      [40, 'rx', 3],
      [45, 'rx', 3],
      [100, 'tx', 5],
      [100, 'sent', 5],
      [170, 'close'],
    );
    const { segments, totals, exchanges } = whereTimeWent(row, 9_999);
    expect(segments.map(({ from, to, phase }) => [from - 1_000, to - 1_000, phase])).toEqual([
      [0, 10, 'idle'],
      [10, 40, 'waiting'],
      [40, 45, 'transfer'],
      [45, 170, 'idle'],
    ]);
    expect(nonzero(totals)).toEqual({ idle: 135, waiting: 30, transfer: 5 });
    expect(exchanges.map(({ from, to, label, reply }) => [from - 1_000, to - 1_000, label, reply])).toEqual([
      [10, 45, 'tx1', 'rx3'],
      [100, 100, 'tx5', ''],
    ]);
    expect(exchanges[0]!.segments.map(({ phase }) => phase)).toEqual(['waiting', 'transfer']);
  });

  it('shows bytes that wait for the kernel as queued, and a held reader as held, before all else', () => {
    const row = rowOf(
      [0, 'open'],
      [10, 'tx', 500],
      [10, 'pressure'],
      [60, 'sent', 500],
      [60, 'drained'],
      [70, 'paused'],
      [95, 'resumed'],
      [100, 'rx', 1],
    );
    expect(nonzero(whereTimeWent(row, 1_100).totals)).toEqual({ idle: 10, queued: 50, waiting: 15, held: 25 });
  });

  it('waits for the target as long as it has not answered', () => {
    const row = rowOf([0, 'open'], [10, 'tx', 5], [20, 'sent', 5]);
    expect(nonzero(whereTimeWent(row, 1_500).totals)).toEqual({ idle: 10, queued: 10, waiting: 480 });
  });

  it('sees the other side if the events are those of the server', () => {
    const row = new Row(1, 'client', 'target', 'server', 0);
    row.add([
      [0, 10, WIRE_EVENT_KINDS.indexOf('rx'), 4],
      [1, 50, WIRE_EVENT_KINDS.indexOf('tx'), 4],
      [2, 50, WIRE_EVENT_KINDS.indexOf('sent'), 4],
      [3, 60, WIRE_EVENT_KINDS.indexOf('close'), 0],
    ]);
    expect(nonzero(whereTimeWent(row, 0).totals)).toEqual({ idle: 20, waiting: 40 });
  });

  it('leaves no time out and counts none twice, whatever happens', () => {
    const choose = random(3);
    for (let round = 0; round < 200; round += 1) {
      let time = 0;
      const row = rowOf(
        ...Array.from({ length: 60 }, () => {
          time += choose(50);
          return [time, WIRE_EVENT_KINDS[choose(WIRE_EVENT_KINDS.length)]!, choose(9)] as const;
        }).map(([at, kind, bytes]): [number, WireEventKind, number] => [at, kind, bytes]),
      );
      const { segments, totals } = whereTimeWent(row, 1_000 + time);
      let end = 1_000;
      for (const { from, to } of segments) {
        expect(from).toBe(end);
        end = to;
      }
      expect(end).toBe(1_000 + time);
      expect(Object.values(totals).reduce((sum, part) => sum + part)).toBe(time);
    }
  });
});
