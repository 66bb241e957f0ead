import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Connection } from 'rxjs-tcp';

/** The longest line of a login in bytes. */
const MAX_LINE = 128;
const LINE = /^LOGIN ([a-z0-9-]{1,32}) ([0-9a-f]{64})$/;

/** A login that is refused. `reason` goes to the device and into the metrics. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';

  constructor(readonly reason: 'malformed' | 'wrong-token' | 'draining') {
    super(`Cannot log in: ${reason}`);
  }
}

/** The line with which a device logs in. */
export function loginLine(id: string, secret: string): string {
  return `LOGIN ${id} ${tokenOf(id, secret).toString('hex')}\n`;
}

/**
 * Reads the line of a login, and no byte of what follows.
 *
 * @returns The id of the device. Rejects with a `LoginRefused`, or with what the read fails with: a `SocketTimeoutError` after
 *   `timeout` milliseconds, a `LimitOverrunError` for a line that is too long.
 */
export async function readLogin({ reader }: Connection, secret: string, timeout: number): Promise<string> {
  const line = `${await reader.readLine({ limit: MAX_LINE, timeout })}`;
  const [, id, token] = LINE.exec(line.trimEnd()) ?? [];
  if (id === undefined || token === undefined || !line.endsWith('\n')) throw new LoginRefused('malformed');
  if (!timingSafeEqual(tokenOf(id, secret), Buffer.from(token, 'hex'))) throw new LoginRefused('wrong-token');
  return id;
}

function tokenOf(id: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(id).digest();
}
