// Proves that every waiter settles separately: by the count, its signal, its time, or the end of all.
import { Fifo } from '../../src/writing/Fifo';
import { Waiters } from '../../src/writing/Waiters';
import { failureOf } from '../support/failureOf';

describe('Waiters', () => {
  it('resolves the waiters whose count is reached, and no others', async () => {
    const waiters = new Waiters();
    const reached: number[] = [];
    const all = [1, 2, 2, 3].map((target) => waiters.wait(target).then(() => reached.push(target)));
    waiters.release(2);
    await all[2];
    expect(reached).toEqual([1, 2, 2]);
    waiters.release(3);
    await Promise.all(all);
    expect(reached).toEqual([1, 2, 2, 3]);
  });

  it('reports each waiter that leaves, once', async () => {
    let settled = 0;
    const waiters = new Waiters(() => settled++);
    const controller = new AbortController();
    const all = [
      waiters.wait(1),
      failureOf(waiters.wait(2, { signal: controller.signal })),
      failureOf(waiters.wait(3)),
    ];
    waiters.release(1);
    controller.abort(new Error('enough'));
    expect(settled).toBe(2);
    waiters.fail(() => new Error('gone'));
    await Promise.all(all);
    expect(settled).toBe(3);
  });

  it('rejects all waiters, with a separate error for each', async () => {
    const waiters = new Waiters();
    const errors = Promise.all([failureOf(waiters.wait(1)), failureOf(waiters.wait(2))]);
    waiters.fail(() => new Error('over'));
    const [one, other] = await errors;
    expect(one).toEqual(new Error('over'));
    expect(one).not.toBe(other);
  });

  it('rejects a waiter whose signal aborts with the reason, and keeps the others', async () => {
    const waiters = new Waiters();
    const controller = new AbortController();
    const aborted = failureOf(waiters.wait(1, { signal: controller.signal }));
    const other = waiters.wait(1);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    waiters.release(1);
    await other;
  });

  it('rejects a waiter whose time is over, and keeps the others', async () => {
    const waiters = new Waiters();
    const late = failureOf(waiters.wait(1, { timeout: 5 }));
    const other = waiters.wait(1, { timeout: 10_000 });
    expect(await late).toMatchObject({ code: 'ERR_SOCKET_TIMEOUT', what: 'write', timeout: 5 });
    waiters.release(1);
    await other;
  });

  it('releases the signal of a settled waiter', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    const waiters = new Waiters();
    const waiting = waiters.wait(1, { signal });
    waiters.release(1);
    await waiting;
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it('asks no more of them than it settles, however many wait', async () => {
    const waiters = new Waiters();
    const asked = jest.spyOn(Fifo.prototype, 'first', 'get');
    const all = Array.from({ length: 2000 }, (_, i) => waiters.wait(i));
    for (let reached = 0; reached < 2000; reached++) waiters.release(reached);
    await Promise.all(all);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(4000);
    asked.mockRestore();
  });

  it('forgets those that gave up, though nothing is released', async () => {
    const waiters = new Waiters();
    const patient = waiters.wait(1);
    for (let i = 0; i < 1000; i++) {
      const controller = new AbortController();
      const given = failureOf(waiters.wait(1, { signal: controller.signal }));
      controller.abort('enough');
      expect(await given).toBe('enough');
    }
    const { waiting } = waiters as unknown as { waiting: Fifo<unknown> };
    expect(waiting.length).toBeLessThanOrEqual(2);
    waiters.release(1);
    await patient;
  });
});
