import type { Holdable } from './Holdable';
import type { Offshoot } from './Offshoots';
import { Offshoots } from './Offshoots';
import type { ReadLoop } from './ReadLoop';

/** A loop that other loops feed through operators. It is entered in the list of each of them. */
export class FedLoop implements Offshoot {
  /** The loop of the last chunk, and the others whose bytes may be unread here. */
  private origin: Holdable | undefined;
  private earlier: Set<Holdable> | undefined;

  constructor(private readonly loop: ReadLoop) {}

  /** A chunk comes from `origin`. Returns false if it must be dropped: it came in the clear, and an upgrade to TLS has begun. */
  admits(origin: Holdable | undefined, chunk: Uint8Array): boolean {
    if (origin === undefined || origin === this.loop) return true;
    if (origin !== this.origin) this.comesFrom(origin);
    const stray = origin.offshoots?.stray;
    stray?.(chunk.byteLength);
    return stray === undefined;
  }

  /** Removes this loop from the lists of the others. */
  forget(): void {
    this.origin?.offshoots?.delete(this);
    if (this.earlier !== undefined) for (const origin of this.earlier) origin.offshoots?.delete(this);
    this.origin = this.earlier = undefined;
  }

  unreadOf(): number {
    return this.loop.buffer.length + (this.loop.offshoots?.unread ?? 0);
  }

  seize({ stray }: Offshoots): void {
    if (stray === undefined) return;
    const { loop } = this;
    loop.seize((bytes) => {
      if (bytes.length > 0) stray(bytes.length);
    });
    loop.offshoots ??= new Offshoots();
    loop.offshoots.seize(stray);
  }

  open(): void {
    this.loop.offshoots?.open();
  }

  private comesFrom(origin: Holdable): void {
    // Thousands of loops may feed this one in turn. It keeps none of them that has no unread byte here.
    if (this.loop.buffer.length === 0) this.forget();
    if (this.origin !== undefined) {
      this.earlier ??= new Set();
      this.earlier.add(this.origin);
    }
    this.origin = origin;
    origin.offshoots ??= new Offshoots();
    origin.offshoots.add(this);
  }
}
