// Proves in short what `npm run soak` proves at length: with every channel subscribed, connections that end in every way leave
// nothing, and what the channels tell adds up.
import { type SoakResult, soak } from '../../bench/support/soak';
import { SERVER_TLS } from '../support/certificates';
import { collectGarbage } from '../support/resources';
import { runs } from '../support/runs';

describe('connections that are ended in every way, with every channel subscribed', () => {
  const connections = runs(200, 5000);
  let result: SoakResult;

  beforeAll(async () => {
    const options = { tls: SERVER_TLS, connections, time: 500, atOnce: 50, collect: collectGarbage };
    result = await soak({ ...options, diagnosed: true });
  }, 120_000);

  it('end in every planned way', () => {
    expect(result.connections).toBeGreaterThanOrEqual(connections);
    expect(Object.keys(result.ways).length).toBeGreaterThanOrEqual(20);
  });

  it('add up: opened is closed and open, traces end, bytes of both ends agree, no unexpected error', () => {
    expect(result.surprises).toEqual([]);
  });

  it('are told', () => {
    const { counts, connects, handshakes, compared } = result.told!;
    expect(counts.opened).toBeGreaterThan(2 * connections);
    expect(counts.closed).toBe(counts.opened);
    for (const one of [counts.refused, counts.failed, handshakes.begun]) expect(one).toBeGreaterThan(connections / 50);
    expect(connects.begun).toBeGreaterThan(connections / 2);
    expect(compared).toBeGreaterThan(connections / 10);
  });

  it('leave no handle and no listener', () => {
    const { before, after } = result;
    const kept = Object.entries(after.handles).filter(
      // The test runner has a timer that comes and goes.
      ([kind, count]) =>
        /^(TCP|Pipe|TLS|Timeout)/.test(kind) && count > (before.handles[kind] ?? 0) + (kind === 'Timeout' ? 1 : 0),
    );
    expect(kept).toEqual([]);
    expect(after.listeners).toBe(before.listeners);
  });

  it('leave no memory', () => expect(result.after.heap - result.before.heap).toBeLessThan(3 * 1024 * 1024));
});
