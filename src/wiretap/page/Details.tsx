import { EventList } from './EventList';
import { MarbleBytes } from './MarbleBytes';
import { bytesText, clockText, durationText } from './units';
import type { Tab, Viewer } from './Viewer';
import { Waterfall } from './Waterfall';
import { type Phase, whereTimeWent } from './whereTimeWent';

const PHASES: readonly (readonly [Phase, string])[] = [
  ['waiting', 'waiting for the target'],
  ['transfer', 'transfer'],
  ['queued', 'queued'],
  ['held', 'held'],
  ['idle', 'idle'],
];

const TABS: readonly (readonly [Tab, string])[] = [
  ['marble', 'Marble'],
  ['waterfall', 'Waterfall'],
  ['events', 'Events'],
];

/** One connection in detail. */
export function Details({ viewer }: { viewer: Viewer }) {
  const { row, tab } = viewer;
  if (row === undefined) return null;
  const [to, back] = row.lanes;
  const went = whereTimeWent(row, viewer.now());
  const whole = Object.values(went.totals).reduce((one, other) => one + other, 0);
  const range = viewer.range();
  const busy = whole - went.totals.idle;
  const { copied } = viewer;
  return (
    <aside class="details" aria-label={`Connection ${row.id}`}>
      <header>
        <h2 class="title">
          #{row.id}{' '}
          <small>
            {row.client} → {row.target}
          </small>
        </h2>
        <button
          type="button"
          class="icon"
          aria-label="Close"
          title="Close (Esc)"
          onClick={() => viewer.select(undefined)}
        >
          ✕
        </button>
      </header>
      <div class="facts">
        <span>{clockText((viewer.store.zero ?? 0) * 1000 + row.firstTime)}</span>
        <span>
          {row.state}
          {row.secure ? ', TLS' : ''} · {durationText(whole)}
        </span>
        <span class="to">
          → {bytesText(to.bytes)} in {to.events.toLocaleString('en')}
        </span>
        <span class="back">
          ← {bytesText(back.bytes)} in {back.events.toLocaleString('en')}
        </span>
      </div>
      <section class="time" aria-label="Where the time went">
        <div class="bar">
          {PHASES.filter(([phase]) => phase !== 'idle').map(([phase]) => (
            <span
              key={phase}
              class={`swatch ${phase}`}
              style={{ width: `${(went.totals[phase] / (busy || 1)) * 100}%`, height: '100%', borderRadius: 0 }}
            />
          ))}
        </div>
        <div class="legend">
          {PHASES.filter(([phase]) => went.totals[phase] > 0).map(([phase, name]) => (
            <span key={phase}>
              <i class={`swatch ${phase}`} /> {name} {durationText(went.totals[phase])}
            </span>
          ))}
        </div>
      </section>
      <div class="tabs" role="tablist">
        {TABS.map(([name, title]) => (
          <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => viewer.show(name)}>
            {title}
          </button>
        ))}
      </div>
      <div class="body">
        {tab === 'marble' && <MarbleBytes viewer={viewer} />}
        {tab === 'waterfall' && <Waterfall row={row} exchanges={went.exchanges} viewer={viewer} />}
        {tab === 'events' && <EventList row={row} viewer={viewer} />}
      </div>
      <div class="copy">
        <span class="what" role="status">
          {copied?.note ?? (range === undefined ? 'The whole connection' : `A stretch of ${range.count} events`)}
        </span>
        <button
          type="button"
          class="primary"
          id="copy"
          title="Copy as test (t)"
          onClick={() => viewer.copyTest('marbles')}
        >
          Copy as test
        </button>
        <button
          type="button"
          id="copy-script"
          title="Copy as a script of the peer"
          onClick={() => viewer.copyTest('script')}
        >
          as script
        </button>
        {copied !== undefined && copied.text !== '' && !copied.done && (
          <textarea readOnly value={copied.text} onFocus={(event) => event.currentTarget.select()} />
        )}
      </div>
    </aside>
  );
}
