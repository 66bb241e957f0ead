import type { WireEvent } from './WireEvent';

/**
 * The events from one number to another, both included, as a conversation of its own: bytes that were written in the stretch are
 * sent in it, though the kernel took them later, and those that were written before are not.
 */
export function stretchOf(events: readonly WireEvent[], from: number, to: number): WireEvent[] {
  const stretch: WireEvent[] = [];
  const start = events.find(({ seq }) => seq >= from)?.time ?? 0;
  // Written and not yet sent: before the stretch, and in it.
  let [before, queued] = [0, 0];
  for (const event of events) {
    const { seq, kind, bytes = 0 } = event;
    // Its own time begins with it.
    const time = event.time - start;
    const inside = seq >= from && seq <= to;
    if (seq > to && queued === 0) break;
    if (kind === 'gap' && seq < from) before = 0;
    if (kind === 'tx' && seq < from) before += bytes;
    if (kind === 'tx' && inside) queued += bytes;
    if (kind !== 'sent') {
      if (inside) stretch.push({ ...event, time });
      continue;
    }
    const old = Math.min(before, bytes);
    const own = Math.min(queued, bytes - old);
    before -= old;
    queued -= own;
    if (own > 0) stretch.push({ ...event, time, bytes: own });
  }
  return stretch;
}
