import { Observable } from 'rxjs';
import type { Framing } from '../codecs/Decoder';
import { defaults } from '../defaults';
import { observableFeed } from '../reading/observableFeed';
import { ReadLoop } from '../reading/ReadLoop';
import { linkTo } from '../reading/rxjs7';
import { StreamReader } from '../reading/StreamReader';
import { SubscriberRead } from '../reading/SubscriberRead';

/**
 * The frames of a source. A {@link StreamReader} cuts them from its own buffer, so nothing is lost between two reads. For any
 * other Observable, each subscription has a buffer.
 *
 * @param source - Chunks of bytes.
 * @param decoder - Cuts the frames; or a function that makes a decoder for each subscription, if one can't serve several.
 */
export function cutFrames<T>(source: Observable<Uint8Array>, decoder: Framing<T>): Observable<T> {
  if (source instanceof StreamReader) return source.frames(decoder);
  const frames = new Observable<T>((subscriber) => {
    const feed = observableFeed(source, defaults.maxBuffered);
    const loop = new ReadLoop(defaults.limit, feed.upstream);
    new SubscriberRead(loop, decoder, subscriber).begin();
    feed.start(loop, subscriber, true);
  });
  return linkTo(source, frames);
}
