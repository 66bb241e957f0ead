/** A place of its own in which something waits that came from a loop: a buffer behind an operator, values of an operator. */
export interface Offshoot {
  /** How many bytes of that loop wait there. */
  unreadOf(from: Offshoots): number;
  /** Drops them, tells {@link Offshoots.stray} how many they were, and refuses more until {@link open}. */
  seize(from: Offshoots): void;
  /** The upgrade is over. */
  open(): void;
}

/**
 * Where bytes of one loop wait besides its own buffer, so that an upgrade to TLS can take them away too: an operator has
 * mapped them, so they are no beginning of a handshake, and whoever gets them later would take them for encrypted.
 */
export class Offshoots {
  private readonly all = new Set<Offshoot>();
  private visiting = false;
  /** Set while an upgrade runs: gets the number of bytes in the clear that would have gone on. */
  stray: ((bytes: number) => void) | undefined;

  get unread(): number {
    let sum = 0;
    this.visit((offshoot) => {
      sum += offshoot.unreadOf(this);
    });
    return sum;
  }

  add(offshoot: Offshoot): void {
    this.all.add(offshoot);
  }

  delete(offshoot: Offshoot): void {
    this.all.delete(offshoot);
  }

  /** From now on, nothing that comes from the loop goes on, and what has come is dropped. */
  seize(stray: (bytes: number) => void): void {
    this.stray = stray;
    this.visit((offshoot) => offshoot.seize(this));
  }

  /** What comes from now on goes on. */
  open(): void {
    this.stray = undefined;
    this.visit((offshoot) => offshoot.open());
  }

  /** Readers may feed one another in a circle. */
  private visit(each: (offshoot: Offshoot) => void): void {
    if (this.visiting) return;
    this.visiting = true;
    try {
      for (const offshoot of this.all) each(offshoot);
    } finally {
      this.visiting = false;
    }
  }
}
