import { type Offshoot, Offshoots } from '../../src/reading/Offshoots';

/** The given number of bytes wait there. */
class Place implements Offshoot {
  constructor(public unread: number) {}

  unreadOf(): number {
    return this.unread;
  }

  seize({ stray }: Offshoots): void {
    stray?.(this.unread);
    this.unread = 0;
  }

  open(): void {}
}

describe('Offshoots', () => {
  it('counts the waiting bytes in all of them', () => {
    const offshoots = new Offshoots();
    const [one, other] = [new Place(3), new Place(4)];
    offshoots.add(one);
    offshoots.add(other);
    expect(offshoots.unread).toBe(7);
    offshoots.delete(one);
    expect(offshoots.unread).toBe(4);
  });

  it('discards the waiting bytes, and refuses more until it is opened', () => {
    const offshoots = new Offshoots();
    offshoots.add(new Place(3));
    const strayed: number[] = [];
    offshoots.seize((bytes) => strayed.push(bytes));
    expect(strayed).toEqual([3]);
    expect(offshoots.unread).toBe(0);
    offshoots.stray?.(2);
    expect(strayed).toEqual([3, 2]);
    offshoots.open();
    expect(offshoots.stray).toBeUndefined();
  });

  it('visits offshoots that feed each other in a circle once', () => {
    const [one, other] = [new Offshoots(), new Offshoots()];
    const through = (next: Offshoots): Offshoot => ({
      unreadOf: () => 1 + next.unread,
      seize: ({ stray }) => {
        if (stray === undefined) return;
        stray(1);
        next.seize(stray);
      },
      open: () => next.open(),
    });
    one.add(through(other));
    other.add(through(one));
    expect(one.unread).toBe(2);
    let strayed = 0;
    one.seize((bytes) => {
      strayed += bytes;
    });
    expect(strayed).toBe(2);
    one.open();
    expect(other.stray).toBeUndefined();
  });
});
