import { WIRE_EVENT_KINDS } from '../WIRE_EVENT_KINDS';
import type { WireEvent } from '../WireEvent';
import type { PageBand, PageMark } from './PageMessage';

/** Microseconds in which `DENSE` events with bytes are too many to draw: 2,000 a second. */
const WINDOW = 50_000;
const DENSE = 100;
/** Microseconds that one band covers. */
const STEP = 5_000;
/** As many characters as fit into the largest marble. */
const PREVIEW = 28;
/** Bytes in which frames are looked for, to name a marble. */
const FRAMED = 4_096;

/** Cuts events of the connection into frames. */
type Cut = (events: readonly WireEvent[]) => readonly { readonly text: string }[];

const WITH_BYTES: ReadonlySet<string> = new Set(['rx', 'tx', 'sent']);

/**
 * The events of one connection as a page draws them: each by itself where there are few, and bands of 5 ms where more than 2,000
 * a second carry bytes. Nothing but events with bytes is joined. Bands and marks together count every event once.
 *
 * @param framesOf - Names a marble after the first frame in it. Else its first bytes do.
 */
export function condense(events: readonly WireEvent[], framesOf?: Cut): (PageMark | PageBand)[] {
  const marks: (PageMark | PageBand)[] = [];
  let start = 0;
  while (start < events.length) {
    const window = Math.floor(events[start]!.time / WINDOW);
    let end = start;
    let busy = 0;
    while (end < events.length && Math.floor(events[end]!.time / WINDOW) === window) {
      if (WITH_BYTES.has(events[end]!.kind)) busy += 1;
      end += 1;
    }
    const part = events.slice(start, end);
    marks.push(...(busy > DENSE ? bandsOf(part) : part.map((event) => markOf(event, framesOf))));
    start = end;
  }
  return marks;
}

function markOf(event: WireEvent, framesOf?: Cut): PageMark {
  const { seq, time, kind, bytes = 0, data } = event;
  const index = WIRE_EVENT_KINDS.indexOf(kind);
  return data === undefined || data.length === 0 || kind === 'sent'
    ? [seq, time, index, bytes]
    : [seq, time, index, bytes, nameOf(event, data, framesOf)];
}

function bandsOf(events: readonly WireEvent[]): (PageMark | PageBand)[] {
  const marks: (PageMark | PageBand)[] = [];
  const open = new Map<string, Band>();
  for (const event of events) {
    const { seq, time, kind, bytes = 0 } = event;
    if (!WITH_BYTES.has(kind)) {
      marks.push(markOf(event));
      continue;
    }
    let band = open.get(kind);
    if (band === undefined || Math.floor(time / STEP) !== Math.floor(band[1] / STEP)) {
      band = [seq, time, WIRE_EVENT_KINDS.indexOf(kind) - 100, 0, 0, time, seq];
      open.set(kind, band);
      marks.push(band);
    }
    band[3] += bytes;
    band[4] += 1;
    band[5] = time;
    band[6] = seq;
  }
  return marks;
}

type Band = [seq: number, time: number, kind: number, bytes: number, count: number, until: number, lastSeq: number];

function nameOf(event: WireEvent, data: Uint8Array, framesOf: Cut | undefined): string {
  if (framesOf === undefined || data.length > FRAMED) return previewOf(data);
  try {
    const [first, ...others] = framesOf([event]);
    if (first === undefined) return previewOf(data);
    const more = others.length === 0 ? '' : ` +${others.length}`;
    return previewOf(Buffer.from(first.text.slice(0, PREVIEW - more.length), 'latin1')) + more;
  } catch {
    return previewOf(data);
  }
}

/** The first bytes as one line: the end of a line becomes an arrow, and all else that is no ASCII a dot. */
function previewOf(data: Uint8Array): string {
  let text = '';
  for (const byte of data.subarray(0, PREVIEW)) {
    text += byte === 10 ? '↵' : byte === 13 ? '' : byte < 32 || byte > 126 ? '·' : String.fromCharCode(byte);
  }
  return text;
}
