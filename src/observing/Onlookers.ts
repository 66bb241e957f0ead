import type { Onlooker, Sight } from './Onlooker';

/** Several onlookers as one, in the order in which they came. */
export class Onlookers implements Onlooker {
  private list: readonly Onlooker[] = [];

  get size(): number {
    return this.list.length;
  }

  add(onlooker: Onlooker): void {
    this.list = [...this.list, onlooker];
  }

  remove(onlooker: Onlooker): void {
    this.list = this.list.filter((one) => one !== onlooker);
  }

  see(sight: Sight, bytes?: number, data?: Uint8Array | string): void {
    // One of them may leave, or another come: those that were there see it.
    for (const onlooker of this.list) onlooker.see(sight, bytes, data);
  }
}
