/** The first Node.js of each line that has `reusePort`. All lines after the last have it. */
const SINCE = [
  [22, 12],
  [23, 1],
] as const;

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
  if (reusePort === undefined || reusePort === false) return;
  if (reusePort !== true) {
    throw new TypeError(`Cannot use ${String(reusePort)} as reusePort: it must be true or false`);
  }
  if (path !== undefined) {
    throw new TypeError('Cannot listen on a path with reusePort: it shares ports alone; node:cluster shares a path');
  }
  if (!hasReusePort(version)) {
    throw new TypeError(`Cannot listen with reusePort: it needs Node.js 22.12 or 23.1, and this is ${version}`);
  }
}

/** Whether a version of Node.js has `reusePort`. */
export function hasReusePort(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const since = SINCE.find(([line]) => line === major);
  return since === undefined ? major > SINCE[SINCE.length - 1]![0] : minor >= since[1];
}
