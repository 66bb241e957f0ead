// Proves in short what `npm run soak -- requests` proves for 100,000 conversations: no request is answered twice or by another's
// reply, whatever is late, lost or given up, and every one is settled.
import { type RequestConversationsResult, requestConversations } from '../../bench/support/requestConversations';

describe('random requests, in order and by key', () => {
  let result: RequestConversationsResult;

  beforeAll(async () => {
    result = await requestConversations({ seed: 1, conversations: 1000 });
  }, 60_000);

  it('are answered by their own reply, sent once or, idempotent, twice, and all settled', () => {
    expect(result.faults).toEqual([]);
    expect(result.conversations).toBe(1000);
  });

  it('are answered, late, timed out, aborted, cut off and sent again, many times', () => {
    const { answered, late, resent, rejected } = result;
    expect(answered).toBeGreaterThan(2000);
    expect(late).toBeGreaterThan(200);
    expect(resent).toBeGreaterThan(50);
    expect(rejected).toEqual({
      SocketTimeoutError: expect.any(Number),
      aborted: expect.any(Number),
      ConnectionClosedError: expect.any(Number),
    });
    expect(Math.min(...Object.values(rejected))).toBeGreaterThan(100);
  });
});
