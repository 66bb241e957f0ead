/**
 * How many connections may come in a second: a bucket of tokens, one for each connection. It is full at first, and holds the
 * connections of one second.
 *
 * It also knows how many connections each address has got in the current second. Of the connections that wait, those of the
 * address that got least go first, so one address alone can't keep the others out.
 */
export class AcceptRate {
  /** In thousandths of a connection: a whole number. */
  private tokens: number;
  private filledAt: number;
  private readonly recent = new Map<string, number>();
  private secondBegan: number;

  /**
   * @param rate - Connections per second.
   * @param now - The clock, in milliseconds.
   */
  constructor(
    private readonly rate: number,
    private readonly now: () => number,
  ) {
    this.tokens = rate * SECOND;
    this.filledAt = this.secondBegan = now();
  }

  /** How many milliseconds there are until one more connection may come. */
  get delay(): number {
    this.fill();
    return this.tokens >= SECOND ? 0 : Math.ceil((SECOND - this.tokens) / this.rate);
  }

  /** Counts a connection. */
  take(key: string | undefined): void {
    this.fill();
    this.tokens -= SECOND;
    if (key !== undefined) this.recent.set(key, this.recentOf(key) + 1);
  }

  /** How many connections of an address have come in this second. */
  recentOf(key: string | undefined): number {
    return key === undefined ? 0 : (this.recent.get(key) ?? 0);
  }

  private fill(): void {
    const now = this.now();
    // A clock that is set back adds nothing.
    const passed = Math.max(0, now - this.filledAt);
    this.tokens = Math.min(this.rate * SECOND, this.tokens + passed * this.rate);
    this.filledAt = now;
    if (Math.abs(now - this.secondBegan) < SECOND) return;
    this.secondBegan = now;
    this.recent.clear();
  }
}

/** In milliseconds. A connection costs as many tokens as one connection a second earns in that time. */
const SECOND = 1000;
