import type { Subscription } from 'rxjs';
import { subscriptionTo } from '../reading/rxjs7';
import type { Connection } from './Connection';

/**
 * Sends FIN after what is queued when the peer has ended, all it sent is read, and no answer can be under way: no source
 * is in `writeTo` or `backpressure`, no pipe of the reader is subscribed to with the writer, no `drain` or `flush` is pending,
 * the reader is not held, and no `for await` loop over its chunks is under way.
 */
export function endAfterPeer({ reader, writer }: Connection): void {
  const { input } = reader;
  let sources: Set<Subscription> | undefined;
  input.onSubscribed = (subscriber) => {
    const source = subscriptionTo(writer, subscriber);
    if (source === undefined || sources?.has(source)) return;
    sources ??= new Set();
    sources.add(source);
    writer.attach();
    source.add(() => {
      sources?.delete(source);
      writer.detach();
    });
  };
  const end = () => {
    if (writer.attached) writer.whenDetached(endSoon);
    else writer.writeEof();
  };
  const endSoon = () => {
    // Code that awaited the last read, or the end of a pipe, gets the turn first; in virtual time nothing is awaited.
    if (!input.nextTurn(end)) end();
  };
  input.whenDrained(endSoon);
}
