/** Within so many milliseconds … */
const WINDOW = 1000;
/** … a client that has a backoff dials less often than that. */
const MOST = 50;

/** How often is dialed: a client that dials again at once, whenever it is refused, is a storm for its server. */
export class DialRate {
  private times: number[] = [];
  private dialing = 0;
  /** How many have dialed or were connected at once. */
  private clients = 1;

  /**
   * Somebody dials.
   *
   * @returns What is wrong, in words.
   */
  dials(now: number): string | undefined {
    this.clients = Math.max(this.clients, ++this.dialing);
    this.times.push(now);
    const most = MOST * this.clients;
    if (this.times.length <= most) return undefined;
    const since = this.times.shift() as number;
    if (now - since >= WINDOW) return undefined;
    const clients = this.clients === 1 ? 'a client' : `${this.clients} clients`;
    return `${clients} dialed ${most + 1} times within ${now - since} ms: a reconnect storm, without backoff`;
  }

  /** Somebody is refused, or hangs up, or is hung up on. */
  ends(): void {
    this.dialing--;
  }
}
