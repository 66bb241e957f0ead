/** A place behind an operator where bytes or values of a loop wait. */
export interface Offshoot {
  /** How many bytes of the loop wait there. */
  unreadOf(from: Offshoots): number;
  /** Drops the bytes, passes their number to {@link Offshoots.stray}, and refuses more until {@link open}. */
  seize(from: Offshoots): void;
  /** The upgrade is over. */
  open(): void;
}

/**
 * The places besides its own buffer where bytes of one loop wait, so that an upgrade to TLS can drop them: an operator has mapped
 * them, so they can't be the start of a handshake, and a later reader would believe that they came encrypted.
 */
export class Offshoots {
  private readonly all = new Set<Offshoot>();
  private visiting = false;
  /** Set while an upgrade runs. It gets the number of the bytes in the clear that were dropped. */
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

  /** Drops everything that waits, and from now on everything that comes from the loop. */
  seize(stray: (bytes: number) => void): void {
    this.stray = stray;
    this.visit((offshoot) => offshoot.seize(this));
  }

  /** From now on, everything that comes from the loop passes. */
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
