import { type Connection, type ListenOptions, type Server, startServer } from '../..';
import { playLog } from './playLog';
import type { SavedConnection } from './readLog';

/** What happens while a saved log is played. */
export interface ReplayEvents {
  accepted(client: Connection, saved: SavedConnection): void;
  /** @param difference - What the client did differently. Then it was reset. */
  played(client: Connection, saved: SavedConnection, difference: string | undefined): void;
}

/**
 * Plays the server of saved connections to clients: the first client gets the first connection, and behind the last one comes the first
 * again.
 */
export function startReplay(
  listen: ListenOptions,
  saved: readonly SavedConnection[],
  events: ReplayEvents,
): Promise<Server> {
  let count = 0;
  return startServer(async (client) => {
    const one = saved[count++ % saved.length] as SavedConnection;
    events.accepted(client, one);
    const difference = await playLog(client, one.log.events(), one.side ?? 'client');
    events.played(client, one, difference);
    if (difference !== undefined) client.reset();
  }, listen);
}
