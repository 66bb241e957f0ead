// Proves who must let go of its bytes when all hold too many.
import { BufferOverflowError } from '../../src';
import { MemoryBudget } from '../../src/observing/MemoryBudget';
import type { MemoryHolder, MemoryShare } from '../../src/observing/MemoryShare';

describe('MemoryBudget', () => {
  let budget: MemoryBudget;
  let fixed: number;
  let gone: string[];
  let errors: BufferOverflowError[];

  beforeEach(() => {
    [fixed, gone, errors] = [0, [], []];
    budget = new MemoryBudget(100, () => fixed);
  });

  class Holder implements MemoryHolder {
    bytesHeld = 0;
    readonly share: MemoryShare = budget.join(this);

    constructor(readonly name: string) {}

    hold(bytes: number): this {
      this.bytesHeld = bytes;
      this.share.look();
      return this;
    }

    overflow(error: BufferOverflowError): void {
      gone.push(this.name);
      errors.push(error);
      this.bytesHeld = 0;
    }
  }

  it('adds up what all hold', () => {
    const [one] = [new Holder('one').hold(30), new Holder('other').hold(40)];
    expect(budget.used).toBe(70);
    one.hold(10);
    expect(budget.used).toBe(50);
    budget.leave(one.share);
    budget.leave(one.share);
    expect(budget.used).toBe(40);
  });

  it('lets all stay at the limit', () => {
    new Holder('one').hold(60);
    new Holder('other').hold(40);
    expect(gone).toEqual([]);
  });

  it('above the limit, the one that holds most must go, and not the one that has grown', () => {
    new Holder('large').hold(60);
    const small = new Holder('small').hold(30);
    small.hold(41);
    expect(gone).toEqual(['large']);
    expect(budget.used).toBe(41);
    expect(errors[0]).toBeInstanceOf(BufferOverflowError);
    expect(errors[0]).toMatchObject({ limit: 100, buffered: 101 });
  });

  it('several must go if one is not enough, the largest first', () => {
    const holders = ['a', 'b', 'c', 'd'].map((name, i) => new Holder(name).hold(10 + i));
    fixed = 75;
    holders[0]!.hold(11);
    expect(gone).toEqual(['d', 'c']);
  });

  it('of those that hold the same, the newest must go', () => {
    for (const name of ['oldest', 'older', 'newest']) new Holder(name).hold(40);
    expect(gone).toEqual(['newest']);
  });

  it('one that holds nothing need not go', () => {
    const holders = [new Holder('one'), new Holder('other')];
    fixed = 200;
    holders[0]!.hold(1);
    expect(gone).toEqual(['one']);
  });

  it('nobody must go because of bytes that have left unseen', () => {
    const one = new Holder('one').hold(90);
    one.bytesHeld = 0;
    new Holder('other').hold(50);
    expect([gone, budget.used]).toEqual([[], 50]);
  });

  it('counts all anew only when the sum has grown by a part of the limit', () => {
    budget = new MemoryBudget(6400, () => 0);
    let counts = 0;
    budget.join({
      get bytesHeld() {
        counts++;
        return 0;
      },
      overflow() {},
    });
    new Holder('large').hold(6385);
    for (let i = 0; i < 50; i++) {
      const one = new Holder('one').hold(10);
      // It lets go unseen.
      one.bytesHeld = 0;
    }
    expect(gone).toEqual([]);
    expect(counts).toBeGreaterThan(2);
    expect(counts).toBeLessThan(10);
  });

  it('has room as long as the limit is kept, also after bytes have left unseen', () => {
    const one = new Holder('one').hold(90);
    expect([budget.hasRoomFor(10), budget.hasRoomFor(11)]).toEqual([true, false]);
    one.bytesHeld = 20;
    expect(budget.hasRoomFor(80)).toBe(true);
  });

  it('takes no notice of one that has left', () => {
    const one = new Holder('one').hold(10);
    budget.leave(one.share);
    one.hold(1000);
    expect([gone, budget.used]).toEqual([[], 0]);
  });
});
