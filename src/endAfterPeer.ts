import type { Connection } from './Connection';

/** When the peer has ended and all it sent is read, sends FIN after what is queued. */
export function endAfterPeer({ reader, writer }: Connection): void {
  const end = () => writer.writeEof();
  reader.input.whenDrained(() => {
    // Whoever awaited the last read gets the turn first, to answer it; in virtual time nobody awaits.
    if (!reader.input.nextTurn(end)) end();
  });
}
