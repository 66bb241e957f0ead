/**
 * Watches how a program uses a connection, for faults without a visible error: bytes that it writes after its own end, which
 * `next` silently drops, and bytes that it keeps writing while the peer takes none.
 */
import type { Connection } from '../../connection/Connection';
import { BufferOverflowError } from '../../errors';
import { placeHere } from '../placeHere';
import { showInLine } from '../showInLine';

export class Suspicions {
  /** The first fault, in words. */
  found: string | undefined;
  private readonly unwatches: (() => void)[] = [];

  /** @param now - Returns the time, for the words. */
  constructor(private readonly now: () => number) {}

  /** Watches one end from now on. */
  watch(name: string, { writer }: Connection): void {
    let gone = false;
    const watcher = {
      pressure: () => {},
      gone: () => {
        gone = true;
      },
    };
    writer.whenGone(watcher);
    this.unwatches.push(() => {
      writer.unwatch(watcher);
      for (const name of ['write', 'next']) Reflect.deleteProperty(writer, name);
    });
    const { write, next } = writer;
    // Writes after a lost connection are no fault. If `over` is set before `gone`, this end has ended itself.
    const checkOpen = (chunk: Uint8Array | string) => {
      if (gone || writer.whyOver() === undefined) return;
      this.note(`the ${name} writes ${showInLine(chunk)} after it has ended its side`);
    };
    writer.write = (chunk) => {
      checkOpen(chunk);
      try {
        return write.call(writer, chunk);
      } catch (error) {
        if (error instanceof BufferOverflowError) {
          this.note(`the ${name} does not wait for the peer: ${error.buffered} bytes it has written are unsent`);
        }
        throw error;
      }
    };
    writer.next = (chunk) => {
      checkOpen(chunk);
      next.call(writer, chunk);
    };
  }

  /** Watches nothing any more: the writers have their own methods again. */
  stop(): void {
    for (const unwatch of this.unwatches.splice(0)) unwatch();
  }

  /** Something else is wrong. */
  note(what: string): void {
    if (this.found !== undefined) return;
    this.found = `${what}, at ${this.now()} ms\n  ${placeHere() ?? 'in no code of the test'}`;
  }
}
