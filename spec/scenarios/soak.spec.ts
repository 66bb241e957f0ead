// Proves in short what `npm run soak` proves at length: connections that are opened, used and ended in every way leave
// nothing.
import { type SoakResult, soak } from '../../bench/support/soak';
import { SERVER_TLS } from '../support/certificates';
import { collectGarbage } from '../support/resources';

describe('two hundred connections, ended in every way', () => {
  let result: SoakResult;

  beforeAll(async () => {
    result = await soak({ tls: SERVER_TLS, connections: 200, time: 500, atOnce: 50, collect: collectGarbage });
  }, 30_000);

  it('end in every planned way', () => {
    expect(result.connections).toBeGreaterThanOrEqual(200);
    expect(Object.keys(result.ways).length).toBeGreaterThanOrEqual(17);
  });

  it('cause no unexpected error', () => expect(result.surprises).toEqual([]));

  it('leave no handle and no timer', () => {
    const { before, after } = result;
    for (const [kind, count] of Object.entries(after.handles).filter(([kind]) =>
      /^(TCP|Pipe|TLS|Timeout)/.test(kind),
    )) {
      // The test runner has a timer that comes and goes; a way that leaks one leaves ten.
      const most = (before.handles[kind] ?? 0) + (kind === 'Timeout' ? 1 : 0);
      expect([kind, count <= most, count, most]).toEqual([kind, true, count, most]);
    }
  });

  it('leave no listener', () => expect(result.after.listeners).toBe(result.before.listeners));

  it('leave no memory', () => expect(result.after.heap - result.before.heap).toBeLessThan(3 * 1024 * 1024));
});
