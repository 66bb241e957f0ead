/**
 * Watches what a program does with a connection, for what goes wrong without an error that anybody must see: bytes written
 * after our own end, which `next` drops in silence, and bytes written on and on while the peer takes none.
 */
import type { Connection } from '../../connection/Connection';
import { BufferOverflowError } from '../../errors';
import { placeHere } from '../placeHere';
import { showInLine } from '../showInLine';

export class Suspicions {
  /** The first thing that is wrong, in words. */
  found: string | undefined;

  /** @param now - The time, for the words. */
  constructor(private readonly now: () => number) {}

  /** Watches one end from now on. */
  watch(name: string, { writer }: Connection): void {
    let gone = false;
    writer.watch({
      pressure: () => {},
      progress: () => {},
      gone: () => {
        gone = true;
      },
    });
    const { write, next } = writer;
    // Those of an end that lost the connection are not its fault: `over` before `gone` is our own end.
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

  /** Something else is wrong. */
  note(what: string): void {
    if (this.found !== undefined) return;
    this.found = `${what}, at ${this.now()} ms\n  ${placeHere() ?? 'in no code of the test'}`;
  }
}
