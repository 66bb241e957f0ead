import type { Subscription } from 'rxjs';
import { subscriptionTo } from '../reading/rxjs7';
import type { Connection } from './Connection';

/**
 * Sends FIN after the queued bytes when the peer has ended, everything is read, and no answer can follow: no source is in
 * `writeTo` or `backpressure`, the writer subscribes to no pipe of the reader, no `drain` or `flush` is pending, the reader is
 * not held, and no `for await` loop over its chunks is running.
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
    // First, code that awaited the last read or the end of a pipe may run. In virtual time there is no such code.
    if (!input.nextTurn(end)) end();
  };
  input.whenDrained(endSoon);
}
