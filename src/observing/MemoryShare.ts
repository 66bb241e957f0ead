import type { BufferOverflowError } from '../errors';
import type { MemoryBudget } from './MemoryBudget';

/** Something that has bytes in its buffers. */
export interface MemoryHolder {
  /** How many bytes it holds now. */
  readonly bytesHeld: number;
  /** It must let go of them. */
  overflow(error: BufferOverflowError): void;
}

/** The part that one connection has of a {@link MemoryBudget}. */
export class MemoryShare {
  /** How many bytes it had at the last look. */
  counted = 0;

  constructor(
    private readonly budget: MemoryBudget,
    readonly holder: MemoryHolder,
  ) {}

  /** Its buffers may have changed. */
  look(): void {
    const by = this.holder.bytesHeld - this.counted;
    if (by !== 0) this.budget.change(this, by);
  }
}
