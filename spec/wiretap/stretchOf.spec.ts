import { stretchOf } from '../../src/wiretap/stretchOf';
import type { WireEvent } from '../../src/wiretap/WireEvent';

const events = (...list: readonly [WireEvent['kind'], number?][]): WireEvent[] =>
  list.map(([kind, bytes], seq) => ({
    seq,
    time: seq * 100,
    connection: 1,
    kind,
    ...(bytes !== undefined && { bytes }),
  }));
const shortly = (list: readonly WireEvent[]) =>
  list.map(({ seq, time, kind, bytes }) => `${seq} ${time} ${kind} ${bytes ?? ''}`.trim());

describe('stretchOf()', () => {
  const all = events(
    ['open'],
    ['tx', 10],
    ['tx', 5],
    ['sent', 12],
    ['rx', 3],
    ['sent', 3],
    ['tx', 1],
    ['sent', 1],
    ['close'],
  );

  it('returns the events between two numbers, in their own time', () => {
    expect(shortly(stretchOf(all, 4, 4))).toEqual(['4 0 rx 3']);
    expect(shortly(stretchOf(all, 6, Infinity))).toEqual(['6 0 tx 1', '7 100 sent 1', '8 200 close']);
    expect(stretchOf(all, 0, Infinity)).toEqual(all);
    expect(stretchOf(all, 9, 20)).toEqual([]);
  });

  it('leaves out what is sent of earlier bytes, and adds what is sent later of its own', () => {
    expect(shortly(stretchOf(all, 2, 2))).toEqual(['2 0 tx 5', '3 100 sent 2', '5 300 sent 3']);
    expect(shortly(stretchOf(all, 3, 5))).toEqual(['4 100 rx 3']);
    expect(shortly(stretchOf(all, 1, 1))).toEqual(['1 0 tx 10', '3 200 sent 10']);
  });

  it('forgets what was queued before a gap', () => {
    const lost = events(['open'], ['tx', 10], ['gap', 4], ['tx', 2], ['sent', 2]);
    expect(shortly(stretchOf(lost, 3, 4))).toEqual(['3 0 tx 2', '4 100 sent 2']);
  });
});
