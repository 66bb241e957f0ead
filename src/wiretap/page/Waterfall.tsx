import type { Row } from './Row';
import { durationText } from './units';
import type { Viewer } from './Viewer';
import type { Exchange } from './whereTimeWent';

/** The newest exchanges that are shown. */
const SHOWN = 60;

/** Each request until the end of its reply, and what the time was spent on. All have one scale, without the silence between. */
export function Waterfall({ row, exchanges, viewer }: { row: Row; exchanges: readonly Exchange[]; viewer: Viewer }) {
  const shown = exchanges.slice(-SHOWN);
  if (shown.length === 0) return <p class="note">No request yet.</p>;
  const span = Math.max(1, ...shown.map(({ from, to }) => to - from));
  const percent = (part: number) => `${(part / span) * 100}%`;
  const open = (exchange: Exchange): void => {
    viewer.view.fit(exchange.from, Math.max(exchange.to, exchange.from + 50));
    viewer.selectMark(row.lanes[0].marks[row.lanes[0].at(exchange.from)]);
  };
  return (
    <>
      {exchanges.length > SHOWN && (
        <p class="note">
          The last {SHOWN} of {exchanges.length.toLocaleString('en')} requests.
        </p>
      )}
      <div class="fall">
        {shown.map((exchange) => (
          <>
            <button
              type="button"
              class="label"
              title={`${exchange.label} → ${exchange.reply}`}
              onClick={() => open(exchange)}
            >
              {exchange.label}
            </button>
            <div class="track">
              {exchange.segments.map((segment) => (
                <span
                  key={segment.from}
                  class={`swatch ${segment.phase}`}
                  style={{
                    left: percent(segment.from - exchange.from),
                    width: percent(segment.to - segment.from),
                    height: 'auto',
                  }}
                />
              ))}
            </div>
            <span class="span">{durationText(exchange.to - exchange.from)}</span>
          </>
        ))}
      </div>
    </>
  );
}
