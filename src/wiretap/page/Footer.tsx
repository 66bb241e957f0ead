import { bytesText, durationText } from './units';
import type { Viewer } from './Viewer';

/** What the colours mean, and how much there is. */
export function Footer({ viewer }: { viewer: Viewer }) {
  const { store, rows, view } = viewer;
  const open = [...store.byId.values()].filter(({ state }) => state === 'open').length;
  const all = store.byId.size;
  return (
    <footer class="foot">
      <span>
        {rows.length === all ? `${all}` : `${rows.length} of ${all}`} connection{all === 1 ? '' : 's'}, {open} open
      </span>
      <span class="wide">
        {store.events.toLocaleString('en')} events, {bytesText(store.bytes)}
      </span>
      <span class="grow" />
      <span class="key wide to">→ to the target</span>
      <span class="key wide back">← to the client</span>
      <span class="key wide">
        <i class="swatch held" /> held
      </span>
      <span class="key wide">
        <i class="swatch pressure" /> pressure
      </span>
      <span>{durationText(view.span)} in sight</span>
      {view.following && <span class="wide">{viewer.frameRate} fps</span>}
      {!viewer.connected && <span class="lost">connection to the wiretap lost</span>}
    </footer>
  );
}
