// Proves in short what `npm run soak -- pairs` proves at length: two events at once lose nothing and leave no pending
// promise.
import { type EventPairsResult, eventPairs } from '../../bench/support/eventPairs';
import { SERVER_TLS } from '../support/certificates';
import { activeResources, increasedKinds } from '../support/resources';
import { until } from '../support/until';

describe('random pairs of events on a connection', () => {
  let result: EventPairsResult;
  let before: Record<string, number>;

  beforeAll(async () => {
    before = activeResources();
    result = await eventPairs({ tls: SERVER_TLS, seed: 1, trials: 400, atOnce: 16 });
  }, 60_000);

  it('deliver every complete line once and in order, send nothing in the clear after startTls(), and settle every promise', () => {
    expect(result.faults).toEqual([]);
  });

  it('cover each kind of event, with many lines', () => {
    expect(result.trials).toBe(400);
    expect(Object.keys(result.events).length).toBe(14);
    expect(Math.min(...Object.values(result.events))).toBeGreaterThan(20);
    expect(result.frames).toBeGreaterThan(5000);
  });

  it('leave no socket and no server', async () => {
    await until('nothing is left', () => increasedKinds(before).length === 0);
    expect(increasedKinds(before)).toEqual([]);
  });
});
