/**
 * The bytes that all connections of a server have in their buffers, and their limit.
 *
 * Each connection tells when its buffers have changed, and its share of the sum follows. A reader or a writer may shrink unseen,
 * so the sum is at least what is held. At the limit, all are counted anew; if they are still above it, those that hold
 * most must go. Counting takes time, so it is done again only when the sum has grown by a part of the limit.
 */
import { BufferOverflowError } from '../errors';
import { type MemoryHolder, MemoryShare } from './MemoryShare';

/** How much the sum may grow before all are counted again: the limit by this. */
const PARTS = 64;

export class MemoryBudget {
  private readonly shares = new Set<MemoryShare>();
  private sum = 0;
  /** Above this sum, all are counted anew. */
  private countAbove: number;

  /**
   * @param limit - In bytes.
   * @param fixed - How many bytes are held that no connection can let go of.
   */
  constructor(
    readonly limit: number,
    private readonly fixed: () => number,
  ) {
    this.countAbove = limit;
  }

  /** How many bytes are held, at the last look at each connection. */
  get used(): number {
    return this.sum + this.fixed();
  }

  /** Whether there is room for so many bytes more. */
  hasRoomFor(bytes: number): boolean {
    if (this.used + bytes <= this.limit) return true;
    this.recount();
    return this.used + bytes <= this.limit;
  }

  /** Counts a holder until it {@link leave}s. */
  join(holder: MemoryHolder): MemoryShare {
    const share = new MemoryShare(this, holder);
    this.shares.add(share);
    return share;
  }

  leave(share: MemoryShare): void {
    if (this.shares.delete(share)) this.sum -= share.counted;
  }

  /** Of a share: it has changed by so many bytes. */
  change(share: MemoryShare, by: number): void {
    if (!this.shares.has(share)) return;
    share.counted += by;
    this.sum += by;
    if (by > 0 && this.used > this.countAbove) this.relieve();
  }

  private recount(): void {
    this.sum = 0;
    for (const share of this.shares) {
      share.counted = share.holder.bytesHeld;
      this.sum += share.counted;
    }
    const { limit } = this;
    this.countAbove = Math.max(limit, Math.min(this.used, limit) + limit / PARTS);
  }

  /** Those that hold most go until the rest is within the limit; of several that hold the same, the newest. */
  private relieve(): void {
    this.recount();
    const { limit } = this;
    if (this.used <= limit) return;
    const largest = Array.from(this.shares)
      .reverse()
      .sort((one, other) => other.counted - one.counted);
    for (const share of largest) {
      const { used } = this;
      if (used <= limit || share.counted === 0) return;
      this.leave(share);
      this.countAbove = limit;
      share.holder.overflow(new BufferOverflowError(limit, used));
    }
  }
}
