import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { systemPath } from './systemPath';

/**
 * The file of a Unix socket that we listen on, told apart from one that somebody else put in its place.
 *
 * Device and inode are enough for that: a socket that is open keeps its inode, also after its file was removed.
 */
export class UnixSocketFile {
  private readonly id: string | undefined;

  /**
   * @param path - Absolute.
   * @param boundAs - What the socket was bound to: the path, or a shorter one from the working directory.
   */
  constructor(
    private readonly path: string,
    private readonly boundAs: string,
  ) {
    this.id = readId(path);
  }

  /**
   * Removes the file of a server that is dead: one that refuses connections. Nobody else may start on this path meanwhile.
   *
   * A live server's socket and a file that is no socket stay.
   */
  static async removeDead(path: string): Promise<void> {
    const file = await lstat(path).catch(() => undefined);
    if (!file?.isSocket() || !(await refuses(path))) return;
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /**
   * Runs `close`, which removes whatever stands at the name that was bound, and sees to it that our own file goes and no other.
   * Never throws.
   */
  closeWith(close: () => void): void {
    // After a `chdir`, a relative name is somebody else's file.
    const named = this.boundAs === this.path ? this.path : resolve(this.boundAs);
    // Before it is closed: afterwards a new file may have our inode.
    if (named !== this.path && this.id !== undefined && readId(this.path) === this.id)
      tried(() => unlinkSync(this.path));
    const id = readId(named);
    if (id === undefined || id === this.id) {
      close();
      return;
    }
    const aside = `${named}.${randomBytes(8).toString('hex')}`;
    // A second name keeps the file, and never takes the place of one that somebody binds meanwhile.
    if (tried(() => linkSync(named, aside))) {
      close();
      tried(() => linkSync(aside, named));
      tried(() => unlinkSync(aside));
      return;
    }
    // A folder, or a file of another user, has no second name.
    const moved = tried(() => renameSync(named, aside));
    close();
    if (moved && readId(named) === undefined) tried(() => renameSync(aside, named));
  }
}

/** What can't be done to the file `close` can't do either. */
function tried(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** @returns `undefined` if there is no file, or none to be seen: its folder may have become a file. */
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
