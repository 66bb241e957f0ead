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
  /** The peer's end of the present connection: an address with its port, or a path. */
  readonly remote?: string;
}

/** One line of requests. */
export function showRequestsSnapshot(name: string, snapshot: RequestsSnapshot): string {
  const { state, inFlight, queued, late, remote } = snapshot;
  return showLine(name, [
    remote && `→ ${remote}`,
    state,
    `${inFlight} in flight`,
    `${queued} queued`,
    late > 0 && `${late} late`,
  ]);
}
