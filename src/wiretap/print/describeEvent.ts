import { showSize } from '../../observing/showSize';
import { showWireTime } from '../showWireTime';
import type { WireEvent } from '../WireEvent';
import { escapeText } from './escapeText';

/** The width of a terminal. */
const COLUMNS = 80;

/** An event in one line of 80 columns, without its bytes: `#1     0.412 ms  rx       14 bytes`. */
export function describeEvent(event: WireEvent): string {
  const { connection, time, kind } = event;
  const line = `#${connection} ${showWireTime(time).padStart(13)}  ${kind.padEnd(8)} ${detail(event)}`.trimEnd();
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function detail({ kind, bytes, data, local, remote, by, side, error }: WireEvent): string {
  const count = bytes === undefined ? '' : `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  switch (kind) {
    case 'open':
      return local === undefined && remote === undefined ? '' : escapeText(`${local ?? '?'} → ${remote ?? '?'}`);
    case 'rx':
    case 'tx':
      return data?.length === bytes ? count : `${count}, ${data?.length ?? 0} kept`;
    case 'gap':
      return `${count} dropped`;
    case 'tls':
      return `as ${side ?? 'client'}`;
    case 'paused':
    case 'resumed':
      return bytes === undefined ? '' : `${showSize(bytes, 1024)} unread`;
    case 'pressure':
    case 'drained':
      return bytes === undefined ? '' : `${showSize(bytes, 1024)} waiting`;
    case 'reset':
    case 'close':
      return `by ${by ?? 'local'}${error === undefined ? '' : `: ${escapeText(error)}`}`;
    default:
      return count;
  }
}
