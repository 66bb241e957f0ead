import { Observable, Subscriber } from 'rxjs';
import type { Decoder } from '../Decoder';
import { defaults } from '../defaults';
import { FrameLoop } from '../FrameLoop';
import { StreamReader } from '../StreamReader';
import { SubscriberRead } from '../SubscriberRead';

/**
 * The frames of a source: of a {@link StreamReader} from its own buffer, so that nothing is lost between two reads; of
 * any other Observable from a buffer made for each subscription.
 *
 * @param source - Chunks of bytes.
 * @param decoder - Cuts the frames.
 */
export function framesOf<T>(source: Observable<Uint8Array>, decoder: Decoder<T>): Observable<T> {
  if (source instanceof StreamReader) return source.frames(decoder);
  return new Observable<T>((subscriber) => {
    const loop = new FrameLoop(defaults.limit);
    new SubscriberRead(loop, decoder, subscriber).begin();
    const feed = new Subscriber<Uint8Array>({
      next: (chunk) => loop.push(chunk),
      error: (error: unknown) => loop.fail(error),
      complete: () => loop.end(),
    });
    subscriber.add(feed);
    source.subscribe(feed);
  });
}
