import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Taps } from '../Taps';

/** Where a text was found: the number of the connection and of the event. */
export type Found = readonly [connection: number, seq: number];

const MOST = 1_000;

/**
 * Finds a text in the bytes that the rings have, in any case. It looks at one connection in each turn of the event loop, so the
 * traffic goes on meanwhile.
 */
export async function findBytes(taps: Taps, text: string): Promise<Found[]> {
  const wanted = Buffer.from(text).toString('latin1').toLowerCase();
  const found: Found[] = [];
  for (const { id, tap } of [...taps.connections.values()]) {
    for (const { seq, kind, data } of tap.events()) {
      if (data === undefined || kind === 'sent' || found.length >= MOST) continue;
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      if (bytes.toString('latin1').toLowerCase().includes(wanted)) found.push([id, seq]);
    }
    if (found.length >= MOST) break;
    await nextTurn();
  }
  return found;
}
