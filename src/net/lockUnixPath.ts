/**
 * A lock for starting a server on a Unix path. A start looks at the file, removes it if its server is dead, and binds. Another
 * start must not interrupt these steps. The lock lasts as long as they do, a few milliseconds: it is not held while the server serves.
 *
 * - On Linux the lock is an abstract socket, which the kernel frees when its holder dies. Its name is a hash of the folder's device
 *   and inode and of the file's name. So every spelling of the path, and every mount of the folder, leads to the same lock, and the
 *   name is short. Processes in other network namespaces do not see it.
 * - On other systems, or without abstract sockets, it is a symbolic link beside the path. The system creates it in one step and only
 *   if the name is free, and its target names its owner. A crash leaves it behind. A process that finds its owner gone removes it,
 *   under a second lock. Without that, two processes could both remove it, the second one after the first has created its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readlinkSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for other starts, and the pause between two tries, in milliseconds. */
const PATIENCE = 5000;
const PAUSE = 5;

/** No start takes this long: an older lock was left behind, even if a process has the number of its owner again. */
const STALE_AFTER = 60_000;

const OWNER = /^rxjs-tcp:(\d+):[0-9a-f]+$/;

type Release = () => void;

/**
 * Waits until no other server starts on this path.
 *
 * @param path - Absolute.
 * @param signal - Cancels the wait.
 * @returns A function that releases the lock; `undefined` without a lock: after five seconds, or in a read-only folder.
 */
export async function lockUnixPath(path: string, signal: AbortSignal): Promise<Release | undefined> {
  const abstract = process.platform === 'linux' ? abstractName(path) : undefined;
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const release =
      (abstract === undefined ? undefined : await lockName(abstract)) ?? lockFile(`${path}.rxjs-tcp-lock`);
    if (release === 'never') return undefined;
    if (release !== 'busy') return release;
    // A random pause, so that waiting processes do not all try again at once.
    await delay(PAUSE * (1 + Math.random()), undefined, { signal });
  }
  return undefined;
}

function abstractName(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(dirname(path), { bigint: true });
    return `\0rxjs-tcp-${createHash('sha256')
      .update(`${dev}:${ino}:${basename(path)}`)
      .digest('hex')}`;
  } catch {
    return undefined; // no such folder: the lock file fails too, and then `listen`
  }
}

/** @returns `undefined` if the system has no abstract sockets. */
function lockName(name: string): Promise<Release | 'busy' | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? 'busy' : undefined));
    // `exclusive`: a worker of a cluster locks out the other workers, too.
    server.listen({ path: name, exclusive: true }, () => resolve(() => server.close()));
  });
}

function lockFile(file: string): Release | 'busy' | 'never' {
  const mine = `rxjs-tcp:${process.pid}:${randomBytes(8).toString('hex')}`;
  try {
    symlinkSync(mine, file);
    return () => removeLink(file, mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return 'never';
  }
  const owner = readOwner(file);
  if (owner !== undefined && isGone(file, owner)) {
    const release = lockFile(`${file}.${owner.slice(-8)}`);
    if (typeof release === 'function') {
      removeLink(file, owner);
      release();
    }
  }
  return 'busy';
}

/** Removes a lock if it is still this one. */
function removeLink(file: string, owner: string): void {
  try {
    if (readlinkSync(file) === owner) unlinkSync(file);
  } catch {
    // Another process has removed it.
  }
}

/** @returns `undefined` for a file that is no lock. */
function readOwner(file: string): string | undefined {
  try {
    const owner = readlinkSync(file);
    return OWNER.test(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isGone(file: string, owner: string): boolean {
  const { mtimeMs = Date.now() } = lstatSync(file, { throwIfNoEntry: false }) ?? {};
  if (Date.now() - mtimeMs > STALE_AFTER) return true;
  try {
    process.kill(Number(OWNER.exec(owner)![1]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
