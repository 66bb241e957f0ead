// Proves that a ring is bounded, and that what it drops is counted: kept and dropped events are those that were seen.

import { random } from '../../src/testing/random';
import { EventRing } from '../../src/wiretap/EventRing';
import type { WireEvent } from '../../src/wiretap/WireEvent';

const event = (seq: number, kind: WireEvent['kind'], bytes?: number, data?: Uint8Array): WireEvent => ({
  seq,
  time: seq * 10,
  connection: 7,
  kind,
  ...(bytes !== undefined && { bytes }),
  ...(data !== undefined && { data }),
});

describe('EventRing', () => {
  it('keeps everything while there is room', () => {
    const ring = new EventRing(10_000);
    expect(ring.events()).toEqual([]);
    const all = [event(0, 'open'), event(1, 'rx', 3, Buffer.from('abc')), event(2, 'fin-in')];
    for (const one of all) ring.add(one);
    expect(ring.events()).toEqual(all);
    expect(ring.size).toBe(3 * 256 + 3);
  });

  it('returns the events from a number on, with the gap only if it starts before it', () => {
    const ring = new EventRing(4 * 256);
    expect(ring.events(3)).toEqual([]);
    for (let seq = 0; seq < 10; seq++) ring.add(event(seq, 'fin-in'));
    const seqs = (from?: number) => ring.events(from).map(({ seq, kind }) => (kind === 'gap' ? `gap ${seq}` : seq));
    expect(seqs()).toEqual([0, 'gap 1', 7, 8, 9]);
    expect(seqs(1)).toEqual(['gap 1', 7, 8, 9]);
    expect(seqs(2)).toEqual([7, 8, 9]);
    expect(seqs(8)).toEqual([8, 9]);
    expect(seqs(10)).toEqual([]);
    expect(seqs(99)).toEqual([]);
  });

  it('drops the oldest events but the first, and says how many bytes they had', () => {
    const ring = new EventRing(3 * 256 + 10);
    ring.add(event(0, 'open'));
    ring.add(event(1, 'rx', 100, Buffer.from('abcde')));
    ring.add(event(2, 'sent', 1000));
    ring.add(event(3, 'tx', 5, Buffer.from('abcde')));
    ring.add(event(4, 'rx', 5, Buffer.from('fghij')));
    expect(ring.events()).toEqual([
      event(0, 'open'),
      { seq: 1, time: 20, connection: 7, kind: 'gap', bytes: 100 },
      event(3, 'tx', 5, Buffer.from('abcde')),
      event(4, 'rx', 5, Buffer.from('fghij')),
    ]);
  });

  it('kept and dropped is what was seen, at any time, and never more than the limit', () => {
    for (let seed = 0; seed < 50; seed++) {
      const below = random(seed);
      const most = 1024 + below(5000);
      const ring = new EventRing(most);
      let seen = 0;
      for (let seq = 0; seq < 100; seq++) {
        const bytes = below(1000);
        const kind = seq === 0 ? 'open' : (['rx', 'tx', 'sent', 'paused'] as const)[below(4)]!;
        if (kind === 'rx' || kind === 'tx') seen += bytes;
        ring.add(
          event(seq, kind, bytes, kind === 'rx' || kind === 'tx' ? Buffer.alloc(Math.min(bytes, 250)) : undefined),
        );
        const events = ring.events();
        const sum = events
          .filter((one) => ['rx', 'tx', 'gap'].includes(one.kind))
          .reduce((all, one) => all + (one.bytes ?? 0), 0);
        expect(sum).toBe(seen);
        expect(events.at(-1)?.seq).toBe(seq);
        // A gap takes the numbers up to the next event; the others follow one another.
        for (const [i, one] of events.entries()) {
          const next = events[i + 1];
          if (next !== undefined && one.kind !== 'gap') expect(next.seq).toBe(one.seq + 1);
        }
        const kept = events.filter((one) => one.kind !== 'gap');
        expect(ring.size).toBe(kept.reduce((all, one) => all + 256 + (one.data?.length ?? 0), 0));
        expect(ring.size).toBeLessThanOrEqual(most);
      }
    }
  });
});
