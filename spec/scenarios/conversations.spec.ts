// Proves in short what `npm run soak -- talks` proves at length: conversations lose no request, no failure and no end.
import { type ConversationsResult, conversations } from '../../bench/support/conversations';
import { virtualConversations } from '../../bench/support/virtualConversations';
import { SERVER_TLS } from '../support/certificates';
import { activeResources, increasedKinds } from '../support/resources';
import { until } from '../support/until';

const live = () => conversations({ tls: SERVER_TLS, seed: 1, conversations: 200, atOnce: 16 });
const virtual = () => virtualConversations({ seed: 1, conversations: 1000, atOnce: 32 });

describe.each([
  // The number of conversations, their traits, the minimum of each trait, the minimum of frames and failures.
  { where: 'over TCP, TLS and Unix sockets', hold: live, count: 200, traits: 35, each: 4, frames: 3000, failures: 40 },
  { where: 'in virtual time', hold: virtual, count: 1000, traits: 29, each: 50, frames: 10_000, failures: 250 },
])('random conversations $where', ({ hold, count, traits, each, frames, failures }) => {
  let result: ConversationsResult;
  let before: Record<string, number>;

  beforeAll(async () => {
    before = activeResources();
    result = await hold();
  }, 60_000);

  it('deliver every complete request once and in order, report each failure once, and settle', () => {
    expect(result.faults).toEqual([]);
  });

  it('use every way to answer, to fail and to end, many times', () => {
    expect(result.conversations).toBe(count);
    expect(Object.keys(result.traits).length).toBe(traits);
    expect(Math.min(...Object.values(result.traits))).toBeGreaterThanOrEqual(each);
    expect(result.frames).toBeGreaterThan(frames);
    expect(result.failures).toBeGreaterThan(failures);
  });

  it('leave no socket, no server and no timer', async () => {
    await until('nothing is left', () => increasedKinds(before).length === 0);
    expect(increasedKinds(before)).toEqual([]);
  });
});
