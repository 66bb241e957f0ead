import { lstatSync, renameSync } from 'node:fs';

/** The file of a Unix socket that we listen on, told apart from one that somebody else put in its place. */
export class SocketFile {
  private readonly id: string | undefined;

  constructor(private readonly path: string) {
    this.id = idOf(path);
  }

  /**
   * Runs `close`, which removes whatever stands at the path, and sees to it that only our own file goes.
   */
  closeWith(close: () => void): void {
    const id = idOf(this.path);
    if (id === undefined || id === this.id) {
      close();
      return;
    }
    const aside = `${this.path}.${process.pid}`;
    const moved = rename(this.path, aside);
    close();
    if (moved) rename(aside, this.path);
  }
}

/** Where a file can't be moved, `close` can't remove it either. */
function rename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function idOf(path: string): string | undefined {
  const file = lstatSync(path, { throwIfNoEntry: false });
  return file && `${file.dev}:${file.ino}`;
}
