import type { TappedConnection } from '../Taps';
import type { WireEvent } from '../WireEvent';
import type { PageEvent } from './PageMessage';
import type { FramesOf } from './servePage';

/** Events and bytes of one reply: a page asks again for the others. */
const EVENTS = 1_000;
const BYTES = 1024 * 1024;

/** The events of a connection with their bytes, from one number to another, both included, up to the limits of one reply. */
export function eventsOf(connection: TappedConnection, from: number, to: number, framesOf?: FramesOf): PageEvent[] {
  const { tap } = connection;
  const found: PageEvent[] = [];
  const frames = framesOf === undefined ? undefined : framesBySeq(framesOf(tap.events(), connection));
  let bytes = 0;
  for (const { seq, time, kind, bytes: length, data } of tap.events(from)) {
    if (seq > to || found.length >= EVENTS || bytes > BYTES) break;
    bytes += data?.length ?? 0;
    const texts = frames?.get(seq);
    found.push({
      seq,
      time,
      kind,
      ...(length !== undefined && { bytes: length }),
      ...(data !== undefined && { data: Buffer.from(data).toString('base64') }),
      ...(texts !== undefined && { frames: texts }),
    });
  }
  return found;
}

function framesBySeq(frames: ReturnType<FramesOf>): Map<WireEvent['seq'], string[]> {
  const found = new Map<number, string[]>();
  for (const { seq, text } of frames) {
    const texts = found.get(seq);
    if (texts === undefined) found.set(seq, [text]);
    else texts.push(text);
  }
  return found;
}
