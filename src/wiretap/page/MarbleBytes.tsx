import type { PageEvent } from '../ui/PageMessage';
import { hexLines } from './hexLines';
import { plainText } from './plainText';
import { bytesText, durationText } from './units';
import type { Viewer } from './Viewer';

const NAMES: Readonly<Record<string, string>> = {
  open: 'opened',
  sent: 'taken by the kernel',
  paused: 'held: the other side takes no more',
  resumed: 'goes on',
  pressure: 'under pressure: the peer takes no more',
  drained: 'drained',
  'fin-in': 'FIN',
  'fin-out': 'FIN',
  tls: 'TLS from here',
  reset: 'reset',
  close: 'closed',
  gap: 'gap: the ring dropped what was here',
};

/** Bytes that are shown of one event. */
const SHOWN = 4_096;

/** The selected marble: its frames, its text and its bytes. */
export function MarbleBytes({ viewer }: { viewer: Viewer }) {
  const { mark, row, events } = viewer;
  if (mark === undefined || row === undefined) {
    return (
      <p class="note">Click on a marble, or press ← and →, to see its bytes. Drag with Shift to select a stretch.</p>
    );
  }
  const fromClient = row.fromClient(mark);
  const name = fromClient === undefined ? '' : fromClient ? '→ from the client' : '← from the target';
  return (
    <div>
      <div class="marble">
        <b class={fromClient === undefined ? '' : fromClient ? 'to' : 'back'}>
          {[name, NAMES[mark.kind]].filter(Boolean).join(', ')}
        </b>
        <span class="note">+{durationText(mark.time - row.firstTime)}</span>
        <span>{mark.bytes > 0 ? bytesText(mark.bytes) : ''}</span>
        <button type="button" class="icon" aria-label="Previous marble" onClick={() => viewer.step(-1)}>
          ←
        </button>
        <button type="button" class="icon" aria-label="Next marble" onClick={() => viewer.step(1)}>
          →
        </button>
      </div>
      {mark.count > 1 && <p class="note">{mark.count.toLocaleString('en')} events in one band.</p>}
      {events === undefined && <p class="note">Reading…</p>}
      {events?.length === 0 && <p class="note">The ring has dropped these bytes since.</p>}
      {events?.map((event) => (
        <OneEvent key={event.seq} event={event} />
      ))}
    </div>
  );
}

function OneEvent({ event }: { event: PageEvent }) {
  const { data, bytes = 0, frames = [] } = event;
  if (data === undefined) return null;
  const all = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const shown = all.subarray(0, SHOWN);
  return (
    <section>
      {frames.length > 0 && <h3>{frames.length === 1 ? 'Frame' : `${frames.length} frames`}</h3>}
      {frames.map((text, i) => (
        <pre class="frame" key={`${event.seq}.${i}`}>
          {plainText(text)}
        </pre>
      ))}
      <h3>Text</h3>
      <pre class="text">{plainText(new TextDecoder().decode(shown))}</pre>
      <h3>Bytes</h3>
      <pre class="hex">
        {hexLines(shown).map(([offset, hex, text]) => (
          <div key={offset}>
            <i>{offset}</i> {hex} <i>{text}</i>
          </div>
        ))}
      </pre>
      {bytes > shown.length && (
        <p class="note">
          {bytesText(shown.length)} of {bytesText(bytes)}
        </p>
      )}
    </section>
  );
}
