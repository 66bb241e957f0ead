/** A list that is empty. Never pushed to. */
const NONE: never[] = [];

const GONE: unknown = undefined;

/**
 * First in, first out, in constant time: `shift()` of a long array copies it. What has gone is forgotten at once, and its place once
 * half of all places are empty, so each item is moved once at most.
 */
export class Fifo<T> {
  private items: T[] = NONE;
  /** The first of `items` that has not gone. */
  private at = 0;

  get length(): number {
    return this.items.length - this.at;
  }

  /** The one that is next. */
  get first(): T | undefined {
    return this.items[this.at];
  }

  /** The one that came last. */
  get last(): T | undefined {
    return this.length > 0 ? this.items[this.items.length - 1] : undefined;
  }

  push(item: T): void {
    if (this.items === NONE) this.items = [item];
    else this.items.push(item);
  }

  /** Takes the first one off. There must be one. */
  shift(): T {
    const item = this.items[this.at] as T;
    // What has gone may be large.
    this.items[this.at++] = GONE as T;
    if (this.at === this.items.length) this.clear();
    else if (this.at * 2 > this.items.length) {
      this.items = this.items.slice(this.at);
      this.at = 0;
    }
    return item;
  }

  /** Takes back the one that came last, if there is one. */
  pop(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items.pop();
    if (this.length === 0) this.clear();
    return item;
  }

  /** Takes the first one off that `wanted` answers true for, if there is one. */
  take(wanted: (item: T) => boolean): T | undefined {
    for (let i = this.at; i < this.items.length; i++) {
      if (!wanted(this.items[i] as T)) continue;
      return i === this.at ? this.shift() : this.items.splice(i, 1)[0];
    }
    return undefined;
  }

  /** Drops all for which `wanted` answers false. */
  keep(wanted: (item: T) => boolean): void {
    this.items = this.items.slice(this.at).filter(wanted);
    this.at = 0;
    if (this.items.length === 0) this.clear();
  }

  clear(): void {
    this.items = NONE;
    this.at = 0;
  }

  /** All but the first ones, in order. It costs as much as what it returns. */
  after(count: number): T[] {
    return count >= this.length ? [] : this.items.slice(this.at + Math.max(0, count));
  }

  /** All of them, in order, as they are now. */
  [Symbol.iterator](): Iterator<T> {
    return this.items.slice(this.at).values();
  }
}
