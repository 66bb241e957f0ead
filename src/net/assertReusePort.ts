import { assertBoolean } from '../argumentChecks';
import { hasReusePort } from './hasReusePort';

/**
 * Throws for a `reusePort` that would have no effect: older versions of Node.js ignore it, and so does every version on a path. The
 * second process would fail with `EADDRINUSE`, which does not say why.
 *
 * @param version - Of Node.js: `22.12.0`.
 * @throws `TypeError`
 */
export function assertReusePort(
  { reusePort, path }: { readonly reusePort?: unknown; readonly path?: string | undefined },
  version: string = process.versions.node,
): void {
  assertBoolean('reusePort', reusePort);
  if (reusePort !== true) return;
  if (path !== undefined) {
    throw new TypeError('Cannot listen on a path with reusePort: it shares ports alone; node:cluster shares a path');
  }
  if (!hasReusePort(version)) {
    throw new TypeError(`Cannot listen with reusePort: it needs Node.js 22.12 or 23.1, and this is ${version}`);
  }
}
