import { random } from '../../../src/testing/random';
import { condense } from '../../../src/wiretap/ui/condense';
import { WIRE_EVENT_KINDS } from '../../../src/wiretap/WIRE_EVENT_KINDS';
import type { WireEvent } from '../../../src/wiretap/WireEvent';

const event = (seq: number, time: number, kind: WireEvent['kind'], text?: string): WireEvent => {
  const data = text === undefined ? undefined : Buffer.from(text);
  return { seq, time, connection: 1, kind, ...(data && { bytes: data.length, data }) };
};
const [RX, TX] = [WIRE_EVENT_KINDS.indexOf('rx'), WIRE_EVENT_KINDS.indexOf('tx')];

describe('condense()', () => {
  it('keeps events that are few, with their first text', () => {
    expect(condense([event(0, 0, 'open'), event(1, 4, 'rx', 'PING\r\n\x1b[2J\u2028'), event(2, 9, 'tx', '')])).toEqual([
      [0, 0, 0, 0],
      [1, 4, RX, 13, 'PING↵·[2J···'],
      [2, 9, TX, 0],
    ]);
    expect(condense([event(0, 0, 'rx', 'x'.repeat(100))])[0]![4]).toBe('x'.repeat(28));
  });

  it('names a marble after its first frame, and after its bytes if there is none', () => {
    const cut = (text: string) => (events: readonly WireEvent[]) => {
      if (text === 'throw') throw new Error('no frame');
      return events.flatMap(() =>
        text
          .split(',')
          .filter(Boolean)
          .map((part) => ({ text: part })),
      );
    };
    const nameOf = (text: string) => condense([event(0, 0, 'rx', 'bytes')], cut(text))[0]![4];
    expect(['GET a', 'GET a,GET b,GET c', '', 'throw', 'x'.repeat(100), 'a\u2028<b>'].map(nameOf)).toEqual([
      'GET a',
      'GET a +2',
      'bytes',
      'bytes',
      'x'.repeat(28),
      'a(<b>',
    ]);
  });

  it('joins what is above 2,000 a second in bands of 5 ms, and nothing but bytes', () => {
    const busy = Array.from({ length: 102 }, (_, i) =>
      event(i, i * 100, i === 50 ? 'paused' : i % 2 ? 'rx' : 'tx', 'ab'),
    );
    expect(condense(busy)).toEqual([
      [0, 0, TX - 100, 50, 25, 4_800, 48],
      [1, 100, RX - 100, 50, 25, 4_900, 49],
      [50, 5_000, WIRE_EVENT_KINDS.indexOf('paused'), 2, 'ab'],
      [51, 5_100, RX - 100, 50, 25, 9_900, 99],
      [52, 5_200, TX - 100, 48, 24, 9_800, 98],
      [100, 10_000, TX - 100, 2, 1, 10_000, 100],
      [101, 10_100, RX - 100, 2, 1, 10_100, 101],
    ]);
    expect(condense(busy.slice(0, 101))).toHaveLength(101);
  });

  it('counts every event and byte once, whatever comes', () => {
    const choose = random(7);
    for (let round = 0; round < 50; round += 1) {
      let time = 0;
      const events = Array.from({ length: 400 }, (_, seq) => {
        time += choose(round % 2 ? 400 : 2_000);
        const kind = WIRE_EVENT_KINDS[choose(14)]!;
        return event(seq, time, kind, kind === 'rx' || kind === 'tx' ? 'x'.repeat(choose(9)) : undefined);
      });
      const marks = condense(events);
      const count = marks.reduce((sum, mark) => sum + (mark[2] < 0 ? (mark[4] as number) : 1), 0);
      const bytes = marks.reduce((sum, mark) => sum + mark[3], 0);
      expect([count, bytes]).toEqual([400, events.reduce((sum, { bytes: more = 0 }) => sum + more, 0)]);
    }
  });
});
