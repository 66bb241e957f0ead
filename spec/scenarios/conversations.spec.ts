// Proves, shortly, what `npm run soak -- talks` does at length: conversations lose no request, no failure and no end.
import { type ConversationsResult, conversations } from '../../bench/support/conversations';
import { SERVER_TLS } from '../support/certificates';
import { activeResources } from '../support/resources';
import { turns } from '../support/until';

describe('random conversations over TCP, TLS and Unix sockets', () => {
  let result: ConversationsResult;
  let before: Record<string, number>;

  beforeAll(async () => {
    before = activeResources();
    result = await conversations({ tls: SERVER_TLS, seed: 1, conversations: 200, atOnce: 16 });
    await turns(20);
  }, 60_000);

  it('deliver every whole request once and in order, tell each failure once, and settle', () => {
    expect(result.faults).toEqual([]);
  });

  it('meet every way to answer, to fail and to end', () => {
    expect(result.conversations).toBe(200);
    expect(result.traits).toEqual({});
  });

  it('leave no socket and no server', () => {
    const { Timeout, ...after } = activeResources();
    const { Timeout: earlier, ...atFirst } = before;
    expect(after).toEqual(atFirst);
  });
});
