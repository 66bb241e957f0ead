import { hasText } from './hasText';
import type { ViewConnection } from './ViewState';

/** The connections with a text: in their number, an address, what became of them (`open`, `closed`, `reset`), or their bytes. */
export function filterConnections(connections: readonly ViewConnection[], filter: string): readonly ViewConnection[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return connections;
  return connections.filter((connection) => {
    const { id, client, target, last } = connection;
    const state =
      last?.kind !== 'close' ? 'open' : last.by === 'reset' || last.by === 'error' ? 'reset closed' : 'closed';
    if (`#${id} ${client} ${target} ${state}`.toLowerCase().includes(wanted)) return true;
    return connection.events.some((event) => hasText(event, wanted));
  });
}
