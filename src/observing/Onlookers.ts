import type { Onlooker, Sight } from './Onlooker';

/**
 * Several onlookers as one, in the order in which they came.
 *
 * One that throws sees no more, and the process gets a warning: the connection has nothing to do with it.
 */
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
    for (const onlooker of this.list) {
      try {
        onlooker.see(sight, bytes, data);
      } catch (error) {
        this.remove(onlooker);
        warn(error);
      }
    }
  }
}

function warn(error: unknown): void {
  const reason = error instanceof Error ? error.message : typeof error;
  process.emitWarning(`Cannot look on at a connection any more: ${reason}`, 'OnlookerWarning');
}
