import { showSize } from '../../observing/showSize';
import { escapeText } from '../print/escapeText';
import type { Line } from './Line';
import type { ViewConnection } from './ViewState';

/** The name of a connection, what became of it, and how many bytes each side has sent, as far as the log has them. */
export function nameLine({ id, client, target, side, events, last: end }: ViewConnection, chosen: boolean): Line {
  const bytes = { rx: 0, tx: 0 };
  let unknown = false;
  for (const event of events) {
    if (event.kind === 'rx' || event.kind === 'tx') bytes[event.kind] += event.bytes ?? 0;
    if (event.kind === 'gap') unknown = true;
  }
  const [ofClient, ofServer] = side === 'client' ? [bytes.tx, bytes.rx] : [bytes.rx, bytes.tx];
  const most = unknown ? '≥ ' : '';
  const broken = end?.kind === 'close' && end.by !== 'local' && end.by !== 'peer';
  const state = end?.kind !== 'close' ? 'open' : broken ? `broken (${end.by})` : 'closed';
  return [
    { text: chosen ? '▸' : ' ', style: 'bold' },
    { text: `#${id}`, style: chosen ? 'chosen' : 'bold' },
    { text: ` ${escapeText(`${client} → ${target}`)}  `, style: 'plain' },
    { text: state, style: broken ? 'broken' : 'dim' },
    { text: `  client ${most}${showSize(ofClient)}`, style: 'client' },
    { text: `  server ${most}${showSize(ofServer)}`, style: 'server' },
  ];
}
