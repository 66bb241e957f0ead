import { relative } from 'node:path';

/** How many bytes fit into the address of a Unix socket. Node silently cuts off the rest of a longer path. */
const longestPath = () => (process.platform === 'linux' ? 107 : 103);

/**
 * The name of a Unix socket for the system: the path itself; or, if that is too long, the path from the working directory. That
 * one is valid only until the next `chdir`, so use it at once.
 *
 * @param path - A path from `withAbsolutePath`.
 * @throws `TypeError` if neither is short enough.
 */
export function systemPath(path: string): string {
  if (process.platform === 'win32') return path;
  const limit = longestPath();
  // The NUL in front of an abstract name does not count.
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
