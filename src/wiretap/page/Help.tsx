import { useEffect, useRef } from 'preact/hooks';
import type { Viewer } from './Viewer';

const KEYS: readonly (readonly [string, string])[] = [
  ['space', 'follow the present, or freeze'],
  ['+ −', 'zoom; the wheel does it too'],
  ['a s', 'pan; or drag'],
  ['↑ ↓', 'the connection before, the next one'],
  ['← →', 'the marble before, the next one'],
  ['Home End', 'the first marble, the last one'],
  ['f', 'show everything'],
  ['z', 'show all of this connection'],
  ['[ ]', 'a stretch starts, ends at this marble; or Shift and drag'],
  ['t', 'copy the stretch as a test'],
  ['w e m', 'waterfall, events, marble'],
  ['/', 'search the text of the marbles'],
  ['n N', 'the next one that was found, the one before'],
  ['g', 'filter the connections'],
  ['c', 'small rows'],
  ['d', 'dark or light'],
  ['Esc', 'close'],
];

const SIGNS: readonly (readonly [string, string])[] = [
  ['○', 'opened'],
  ['●', 'bytes; columns where there are many'],
  ['❙', 'FIN: this side has ended'],
  ['✕', 'reset'],
  ['■', 'closed'],
  ['┊┊', 'gap: events were dropped here'],
];

/** What the keys do and what the signs mean. */
export function Help({ viewer }: { viewer: Viewer }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={() => viewer.showHelp(false)}>
      <form method="dialog">
        <button type="submit" class="icon" aria-label="Close">
          ✕
        </button>
      </form>
      <h2>Keys</h2>
      <div class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <span>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </span>
            <span>{what}</span>
          </div>
        ))}
      </div>
      <h2>Signs</h2>
      <div class="signs">
        {SIGNS.map(([sign, what]) => (
          <span key={sign}>
            <b>{sign}</b> {what}
          </span>
        ))}
      </div>
    </dialog>
  );
}
