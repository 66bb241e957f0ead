/** The first Node.js of each line that has the option `reusePort`. All lines after the last have it. */
const SINCE = [
  [22, 12],
  [23, 1],
] as const;

/**
 * Whether Node.js knows the option `reusePort`. Older versions ignore it.
 *
 * @param version - `22.12.0`. Default: the one at hand.
 */
export function hasReusePort(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const since = SINCE.find(([line]) => line === major);
  return since === undefined ? major > SINCE[SINCE.length - 1]![0] : minor >= since[1];
}
