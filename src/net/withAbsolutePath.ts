import { resolve } from 'node:path';
import { systemPath } from './systemPath';

/**
 * Checks the path of a Unix socket, and makes it independent of the working directory.
 *
 * A name that begins with a NUL is an abstract one of Linux: it has no file and does not change.
 *
 * @returns The options with an absolute path; the same options if they have no path.
 * @throws `TypeError` for a path that the system refuses.
 */
export function withAbsolutePath<T extends { readonly path?: string | undefined }>(options: T): T {
  const { path } = options;
  if (path === undefined) return options;
  if (typeof path !== 'string') throw new TypeError(`Cannot use ${String(path)} as path: it must be a string`);
  if (path === '') throw new TypeError("Cannot use '' as path: it is empty");
  const nul = path.lastIndexOf('\0');
  const abstract = path.startsWith('\0');
  if (nul > 0 && !abstract) {
    throw new TypeError(`Cannot use ${JSON.stringify(path)} as path: it has a NUL at index ${path.indexOf('\0')}`);
  }
  if (abstract && process.platform !== 'linux') {
    throw new TypeError(`Cannot use ${JSON.stringify(path)} as path: names that begin with a NUL exist on Linux only`);
  }
  // `resolve` also removes `..`, and behind a symbolic link that is another folder. So an absolute path does not change.
  const absolute = abstract || path.startsWith('/') ? path : resolve(path);
  systemPath(absolute);
  return { ...options, path: absolute };
}
