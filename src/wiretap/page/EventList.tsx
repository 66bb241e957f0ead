import type { Mark, Row } from './Row';
import { bytesText, durationText } from './units';
import type { Viewer } from './Viewer';

/** Events in the list: those around the selected one, else the newest. */
const LISTED = 200;

/** The events of a connection, one in each line. */
export function EventList({ row, viewer }: { row: Row; viewer: Viewer }) {
  const marks = row.all().filter(({ kind }) => kind !== 'sent');
  const at = viewer.mark === undefined ? marks.length : marks.indexOf(viewer.mark) + LISTED / 2;
  const last = Math.min(marks.length, Math.max(LISTED, at));
  const first = Math.max(0, last - LISTED);
  return (
    <>
      {first > 0 && <p class="note">{first.toLocaleString('en')} events before</p>}
      <table class="events">
        <tbody>
          {marks.slice(first, last).map((mark) => (
            <tr key={mark.seq} aria-selected={mark === viewer.mark} onClick={() => viewer.selectMark(mark)}>
              <td>{durationText(mark.time - row.firstTime)}</td>
              <td class={['to', 'back', ''][sideOf(row, mark)]}>
                {['→', '←', ''][sideOf(row, mark)]} {mark.kind === 'rx' || mark.kind === 'tx' ? '' : mark.kind}
              </td>
              <td>{mark.bytes > 0 ? bytesText(mark.bytes) : ''}</td>
              <td>{mark.count > 1 ? `${mark.count} events` : mark.preview}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {last < marks.length && <p class="note">{(marks.length - last).toLocaleString('en')} events after</p>}
    </>
  );
}

/** 0 for the client, 1 for the target, 2 for neither. */
function sideOf(row: Row, mark: Mark): 0 | 1 | 2 {
  const fromClient = row.fromClient(mark);
  return fromClient === undefined ? 2 : fromClient ? 0 : 1;
}
