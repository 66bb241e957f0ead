// Proves in short what `npm run soak -- talks` proves at length: conversations lose no request, no failure and no end.
import { type ConversationsResult, conversations } from '../../bench/support/conversations';
import { virtualConversations } from '../../bench/support/virtualConversations';
import { SERVER_TLS } from '../support/certificates';
import { activeResources, increasedKinds } from '../support/resources';
import { runs } from '../support/runs';
import { until } from '../support/until';

const LIVE = runs(80, 200);
const VIRTUAL = runs(250, 1000);

const live = () => conversations({ tls: SERVER_TLS, seed: 1, conversations: LIVE, atOnce: 16 });
const virtual = () => virtualConversations({ seed: 1, conversations: VIRTUAL, atOnce: 32 });

describe.each([
  // The number of conversations, their traits, the minimum of each trait, the minimum of frames and failures.
  {
    where: 'over TCP, TLS and Unix sockets',
    hold: live,
    count: LIVE,
    traits: 35,
    each: LIVE / 80,
    frames: 12 * LIVE,
    failures: LIVE / 8,
  },
  {
    where: 'in virtual time',
    hold: virtual,
    count: VIRTUAL,
    traits: 29,
    each: VIRTUAL / 25,
    frames: 10 * VIRTUAL,
    failures: VIRTUAL / 5,
  },
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
