import { FedLoop } from '../../src/reading/FedLoop';
import { ReadLoop } from '../../src/reading/ReadLoop';

describe('FedLoop', () => {
  const chunk = Buffer.from('abc');

  function fedBy(...origins: ReadLoop[]) {
    const loop = new ReadLoop(16);
    const fed = new FedLoop(loop);
    const feed = (origin: ReadLoop) => fed.admits(origin, chunk) && loop.push(chunk);
    for (const origin of origins) feed(origin);
    return { loop, fed, feed };
  }

  it('is registered at each loop whose bytes may be unread', () => {
    const [one, other] = [new ReadLoop(16), new ReadLoop(16)];
    const { fed } = fedBy(one, other);
    expect([one.offshoots?.unread, other.offshoots?.unread]).toEqual([6, 6]);
    fed.forget();
    expect([one.offshoots?.unread, other.offshoots?.unread]).toEqual([0, 0]);
  });

  it('is removed from the loops before it once nothing is unread', () => {
    const [one, other] = [new ReadLoop(16), new ReadLoop(16)];
    const { loop, feed } = fedBy(one);
    loop.buffer.takeAll();
    feed(other);
    expect([one.offshoots?.unread, other.offshoots?.unread]).toEqual([0, 3]);
  });

  it('loses unread bytes to an upgrade, and takes none until the upgrade is over', () => {
    const origin = new ReadLoop(16);
    const { loop, feed } = fedBy(origin);
    const strayed: number[] = [];
    origin.offshoots?.seize((bytes) => strayed.push(bytes));
    feed(origin);
    expect(strayed).toEqual([3, 3]);
    expect(loop.buffer.length).toBe(0);
    origin.offshoots?.open();
    feed(origin);
    expect(loop.buffer.length).toBe(3);
  });
});
