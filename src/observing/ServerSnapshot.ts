import type { ServerStats } from './ServerStats';
import { showLine } from './showLine';
import { showSize } from './showSize';

/** What `console.log` and `JSON.stringify` show of a server: where it listens, its state and its counters, and no key. */
export interface ServerSnapshot extends ServerStats {
  /** Where it listens: addresses with their ports, or a path. */
  readonly addresses: readonly string[];
  /** `'serving'`; `'stopping'` from `close()` on, while connections or handlers are left; `'closed'`. */
  readonly state: 'serving' | 'stopping' | 'closed';
  /** True if it accepts connections with TLS. */
  readonly tls: boolean;
}

/** One line of a server. */
export function showServerSnapshot(name: string, snapshot: ServerSnapshot): string {
  const { addresses, state, tls, open, accepted, waiting, refused, failed, bytesRead, bytesWritten } = snapshot;
  const [first, ...others] = addresses;
  return showLine(name, [
    others.length > 0 ? `${first} and ${others.length} more` : first,
    state,
    tls && 'TLS',
    `${open} open`,
    `${accepted} accepted`,
    waiting > 0 && `${waiting} waiting`,
    refused > 0 && `${refused} refused`,
    failed > 0 && `${failed} failed`,
    `read ${showSize(bytesRead)}`,
    `written ${showSize(bytesWritten)}`,
  ]);
}
