import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { systemPath } from './systemPath';

/**
 * The file of a Unix socket that this process listens on. It knows whether another program has put another file in its place.
 *
 * It compares device and inode: an open socket keeps its inode, also after its file was removed.
 */
export class UnixSocketFile {
  private readonly id: string | undefined;

  /**
   * @param path - Absolute.
   * @param boundAs - The name that the socket is bound to: the path, or a shorter one from the working directory.
   */
  constructor(
    private readonly path: string,
    private readonly boundAs: string,
  ) {
    this.id = readId(path);
  }

  /**
   * Removes the file of a dead server, which refuses connections. No other process may start on this path meanwhile.
   *
   * The socket of a live server and a file that is no socket stay.
   */
  static async removeDead(path: string): Promise<void> {
    const file = await lstat(path).catch(() => undefined);
    if (!file?.isSocket() || !(await refuses(path))) return;
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /**
   * Runs `close`, which removes any file with the bound name. This makes sure that our own file is removed and no other. Never
   * throws.
   */
  closeWith(close: () => void): void {
    // After a `chdir`, a relative name is another file.
    const named = this.boundAs === this.path ? this.path : resolve(this.boundAs);
    // Before the socket is closed: afterwards a new file may get our inode.
    if (named !== this.path && this.id !== undefined && readId(this.path) === this.id)
      tried(() => unlinkSync(this.path));
    const id = readId(named);
    if (id === undefined || id === this.id) {
      close();
      return;
    }
    const aside = `${named}.${randomBytes(8).toString('hex')}`;
    // A second name (a link) keeps the file, and never replaces a file that another process binds meanwhile.
    if (tried(() => linkSync(named, aside))) {
      close();
      tried(() => linkSync(aside, named));
      tried(() => unlinkSync(aside));
      return;
    }
    // A folder, or a file of another user, can't get a second name.
    const moved = tried(() => renameSync(named, aside));
    close();
    if (moved && readId(named) === undefined) tried(() => renameSync(aside, named));
  }
}

/** Returns false if `action` throws: `close` can't change that file either. */
function tried(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** @returns `undefined` if there is no file, or if it is out of reach: its folder may have become a file. */
function readId(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(systemPath(path));
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
