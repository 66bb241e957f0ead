import { drawAxis } from './drawAxis';
import type { Line } from './Line';
import { marbleRows, type TimeWindow } from './marbleRows';
import { nameLine } from './nameLine';
import type { ViewConnection } from './ViewState';

/** How many lines a connection takes: its name and two rows. */
const HEIGHT = 3;

/** All connections on one time axis: as many as fit, with the chosen one among them. */
export function drawList(
  connections: readonly ViewConnection[],
  chosen: number | undefined,
  window: TimeWindow,
  rows: number,
): Line[] {
  const lines: Line[] = [[{ text: '        ', style: 'plain' }, ...drawAxis(window)]];
  if (connections.length === 0) {
    lines.push([], [{ text: '  No connection yet: let a client connect.', style: 'dim' }]);
    return lines;
  }
  const fit = Math.max(1, Math.floor((rows - 1) / HEIGHT));
  const index = connections.findIndex(({ id }) => id === chosen);
  const at = index < 0 ? connections.length - 1 : index;
  // The chosen one is in the middle, but at both ends of the list.
  const first = Math.max(0, Math.min(at - Math.floor(fit / 2), connections.length - fit));
  for (const connection of connections.slice(first, first + fit)) {
    const { client, server } = marbleRows(connection, window);
    lines.push(nameLine(connection, connection.id === connections[at]?.id));
    lines.push([{ text: ' client ', style: 'client' }, ...client]);
    lines.push([{ text: ' server ', style: 'server' }, ...server]);
  }
  return lines;
}
