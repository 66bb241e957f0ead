/**
 * The operators and calls that hold a reader, and since when. Made with the first hold of a reader, and kept.
 *
 * Two holds of the same name are the same here: which of them is released makes no difference.
 */
export class Holders {
  private readonly names: string[] = [];
  private begun = 0;

  /** When the first of the present holds began, in milliseconds of the clock; `undefined` while nothing holds. */
  get since(): number | undefined {
    return this.names.length === 0 ? undefined : this.begun;
  }

  /** The names of the holds, the oldest first, each once. */
  get list(): readonly string[] {
    return [...new Set(this.names)];
  }

  /** A hold begins. */
  add(name: string, now: number): void {
    if (this.names.length === 0) this.begun = now;
    this.names.push(name);
  }

  /** A hold of this name is over. */
  remove(name: string): void {
    const { names } = this;
    // Nearly always there is one.
    if (names.length === 1) names.pop();
    else names.splice(names.indexOf(name), 1);
  }
}
