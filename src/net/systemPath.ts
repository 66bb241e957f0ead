import { relative } from 'node:path';

/** What fits into the address of a Unix socket, in bytes. Node cuts off the rest of a longer one without a word. */
const longestPath = () => (process.platform === 'linux' ? 107 : 103);

/**
 * The name under which the system takes the path of a Unix socket: the path itself, or, where that is too long, the path from
 * the working directory. The second is good only until the next `chdir`, so use it at once.
 *
 * @param path - As of `withAbsolutePath`.
 * @throws `TypeError` if neither is short enough.
 */
export function systemPath(path: string): string {
  if (process.platform === 'win32') return path;
  const limit = longestPath();
  // The NUL in front of an abstract name has a place of its own.
  const length = Buffer.byteLength(path) - (path.startsWith('\0') ? 1 : 0);
  if (length <= limit) return path;
  if (!path.startsWith('\0')) {
    const short = relative(process.cwd(), path);
    if (Buffer.byteLength(short) <= limit) return short;
  }
  throw new TypeError(
    `Cannot use ${JSON.stringify(path)} as path: it has ${length} bytes, the system takes ${limit} at most`,
  );
}
