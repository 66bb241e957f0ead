// Proves, shortly, what `npm run soak -- pairs` does at length: two events at once lose nothing and leave nobody waiting.
import { type EventPairsResult, eventPairs } from '../../bench/support/eventPairs';
import { SERVER_TLS } from '../support/certificates';
import { activeResources } from '../support/resources';
import { turns } from '../support/until';

describe('random pairs of events on a connection', () => {
  let result: EventPairsResult;
  let before: Record<string, number>;

  beforeAll(async () => {
    before = activeResources();
    result = await eventPairs({ tls: SERVER_TLS, seed: 1, trials: 400, atOnce: 16 });
    await turns(20);
  }, 60_000);

  it('deliver every whole line once and in order, nothing in the clear after startTls(), and settle every promise', () => {
    expect(result.faults).toEqual([]);
  });

  it('meet each kind of event, with many lines', () => {
    expect(result.trials).toBe(400);
    expect(Object.keys(result.events).length).toBe(14);
    expect(Math.min(...Object.values(result.events))).toBeGreaterThan(20);
    expect(result.frames).toBeGreaterThan(5000);
  });

  it('leave no socket and no server', () => {
    const { Timeout, ...after } = activeResources();
    // Those of other specs in this process may have gone meanwhile.
    for (const [kind, count] of Object.entries(after))
      expect([kind, count]).toEqual([kind, Math.min(count, before[kind] ?? 0)]);
  });
});
