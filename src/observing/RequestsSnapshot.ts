import { showLine } from './showLine';

/** What `console.log` and `JSON.stringify` show of requests: their state and their counters, and no request or reply. */
export interface RequestsSnapshot {
  /** `'open'`; `'waiting'` for a connection; `'closing'` from `close()` on; `'closed'`. */
  readonly state: 'open' | 'waiting' | 'closing' | 'closed';
  /** How many requests are sent and wait for their reply. */
  readonly inFlight: number;
  /** How many requests wait to be sent. */
  readonly queued: number;
  /** How many replies came after their request had given up. */
  readonly late: number;
}

/** One line of requests. */
export function showRequestsSnapshot(name: string, { state, inFlight, queued, late }: RequestsSnapshot): string {
  return showLine(name, [state, `${inFlight} in flight`, `${queued} queued`, late > 0 && `${late} late`]);
}
