import type { ConnectionStats } from './ConnectionStats';
import { showDuration } from './showDuration';
import { showLine } from './showLine';
import { showSize } from './showSize';

/** What `console.log` and `JSON.stringify` show of a connection: its ends, its state and its counters, and no byte of the peer. */
export interface ConnectionSnapshot extends ConnectionStats {
  /** Our end: an address with its port, or a path; absent if it has no name. */
  readonly local?: string;
  /** The peer's end: an address with its port, or a path; absent if it has no name. */
  readonly remote?: string;
  /**
   * `'open'`; `'securing'` from `startTls` to the end of the handshake; `'peer ended'` or `'writing ended'` after one FIN;
   * `'closing'` from `close()` on; `'closed by local'`, `'closed by peer'`, `'closed by reset'`, `'closed by timeout'` or
   * `'closed by error'`.
   */
  readonly state: string;
  /** The version of TLS, as `'TLSv1.3'`; `'TLS'` once the connection is closed; absent without TLS. */
  readonly tls?: string;
}

/** One line of a connection. */
export function showConnectionSnapshot(name: string, now: number, snapshot: ConnectionSnapshot): string {
  const { local, remote, state, tls, bytesRead, bytesWritten, unread, queued } = snapshot;
  const { heldSince, heldBy = [], pressureSince } = snapshot;
  return showLine(name, [
    local === undefined && remote === undefined ? undefined : `${local ?? '?'} → ${remote ?? '?'}`,
    state,
    tls,
    `read ${showSize(bytesRead)}`,
    `written ${showSize(bytesWritten)}`,
    unread > 0 && `${showSize(unread, 1024)} unread`,
    queued > 0 && `${showSize(queued, 1024)} queued`,
    heldSince !== undefined && `held ${showDuration(now - heldSince)} by ${heldBy.join(' and ')}`,
    pressureSince !== undefined && `under pressure ${showDuration(now - pressureSince)}`,
  ]);
}
