import type { Connection } from './Connection';

/**
 * Sends FIN after what is queued when the peer has ended, all it sent is read, and nobody is at work on an answer: no source
 * in `writeTo` or `backpressure`, no `drain` or `flush` that waits, nobody who holds the reader.
 */
export function endAfterPeer({ reader, writer }: Connection): void {
  const end = () => {
    if (writer.attached) writer.whenDetached(endSoon);
    else writer.writeEof();
  };
  const endSoon = () => {
    // Code that awaited the last read, or the end of a pipe, gets the turn first; in virtual time nothing is awaited.
    if (!reader.input.nextTurn(end)) end();
  };
  reader.input.whenDrained(endSoon);
}
