import { showDuration } from './showDuration';
import { showLine } from './showLine';
import { showSize } from './showSize';

/** What `console.log` and `JSON.stringify` show of a writer: its state and its counters, and no byte of the content. */
export interface WriterSnapshot {
  /** `'open'`, `'ended'` if nothing more can be written, `'closed'` if nothing more is sent. */
  readonly state: 'open' | 'ended' | 'closed';
  /** How many bytes were handed to the kernel. */
  readonly bytesWritten: number;
  /** How many bytes wait to be handed to the kernel. */
  readonly queued: number;
  /** Since when it has been under pressure, in milliseconds since 1970; absent without pressure. */
  readonly pressureSince?: number;
}

/** One line of a writer. */
export function showWriterSnapshot(name: string, now: number, snapshot: WriterSnapshot): string {
  const { state, bytesWritten, queued, pressureSince } = snapshot;
  return showLine(name, [
    state,
    `written ${showSize(bytesWritten)}`,
    `${showSize(queued, 1024)} queued`,
    pressureSince !== undefined && `under pressure ${showDuration(now - pressureSince)}`,
  ]);
}
