// Proves that a path has one lock holder at a time, that the lock of a dead holder is free, and that no file is left
// behind.
import { spawnSync } from 'node:child_process';
import { lutimesSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockUnixPath } from '../../src/net/lockUnixPath';
import { failureOf } from '../support/failureOf';
import { pretendPlatform } from '../support/pretendPlatform';
import { type SocketPaths, socketPaths } from '../support/socketPaths';
import { turns } from '../support/until';

const never = () => new AbortController().signal;

// Every system has links, only Linux has abstract sockets.
const KINDS: [string, NodeJS.Platform][] = [
  ...(process.platform === 'linux' ? [['an abstract socket', 'linux'] satisfies [string, NodeJS.Platform]] : []),
  ['a link', 'darwin'],
];

describe.each(KINDS)('lockUnixPath, with %s', (_, platform) => {
  let paths: SocketPaths;
  let path: string;
  let lockFile: string;
  let restore: () => void;

  beforeEach(() => {
    restore = pretendPlatform(platform);
    paths = socketPaths();
    path = paths.path('a.sock');
    lockFile = `${path}.rxjs-tcp-lock`;
  });

  afterEach(() => {
    restore();
    jest.restoreAllMocks();
    paths.remove();
  });

  const left = () => readdirSync(dirname(path));
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  it('makes later calls wait until the lock is released', async () => {
    const order: string[] = [];
    const release = await lockUnixPath(path, never());
    const second = lockUnixPath(path, never()).then((got) => {
      order.push('second');
      return got;
    });
    await turns(20);
    order.push('first');
    release!();
    (await second)!();
    expect(order).toEqual(['first', 'second']);
    expect(left()).toEqual([]);
  });

  it('has one holder at a time, however many calls wait', async () => {
    let [holders, most] = [0, 0];
    const all = Array.from({ length: 20 }, async () => {
      const release = await lockUnixPath(path, never());
      most = Math.max(most, ++holders);
      await turns(2);
      holders--;
      release!();
    });
    await Promise.all(all);
    expect(most).toBe(1);
    expect(left()).toEqual([]);
  });

  it('is a separate lock per path, and the same one for another name of the folder', async () => {
    const link = paths.path('link');
    symlinkSync(dirname(path), link);
    const release = await lockUnixPath(path, never());
    const other = await lockUnixPath(paths.path('b.sock'), never());
    let got = false;
    const same = lockUnixPath(`${link}/a.sock`, never()).then((release) => {
      got = true;
      return release;
    });
    await turns(20);
    expect([typeof release, typeof other, got]).toEqual(['function', 'function', false]);
    other!();
    release!();
    (await same)!();
    expect(left()).toEqual(['link']);
  });

  it('is cancelled by an abort', async () => {
    const release = await lockUnixPath(path, never());
    const controller = new AbortController();
    const waiting = failureOf(lockUnixPath(path, controller.signal));
    controller.abort();
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    release!();
    expect(left()).toEqual([]);
  });

  it('rejects for a folder that does not exist', async () => {
    expect(await lockUnixPath(paths.path('none/a.sock'), never())).toBeUndefined();
  });

  if (platform === 'linux') return;

  it('is taken over from a dead owner, by one of many', async () => {
    symlinkSync(`rxjs-tcp:${deadPid()}:0123456789abcdef`, lockFile);
    let [holders, most] = [0, 0];
    const all = Array.from({ length: 10 }, async () => {
      const release = await lockUnixPath(path, never());
      most = Math.max(most, ++holders);
      await turns(1);
      holders--;
      release!();
    });
    await Promise.all(all);
    expect(most).toBe(1);
    expect(left()).toEqual([]);
  });

  it('is taken over when the previous successor of a dead owner died, too', async () => {
    const pid = deadPid();
    symlinkSync(`rxjs-tcp:${pid}:0123456789abcdef`, lockFile);
    symlinkSync(`rxjs-tcp:${pid}:fedcba9876543210`, `${lockFile}.89abcdef`);
    (await lockUnixPath(path, never()))!();
    expect(left()).toEqual([]);
  });

  it('is taken over from an owner whose process number is in use again', async () => {
    symlinkSync(`rxjs-tcp:${process.pid}:0123456789abcdef`, lockFile);
    lutimesSync(lockFile, 0, 0);
    (await lockUnixPath(path, never()))!();
    expect(left()).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['a file', () => writeFileSync(lockFile, 'theirs')],
    ['a folder', () => mkdirSync(lockFile)],
    ['a link', () => symlinkSync('/etc', lockFile)],
  ])('rejects where %s of another program has its name, and leaves it', async (_, make) => {
    make();
    // The patience of five seconds is over at once.
    const { now } = Date;
    let ahead = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => {
      ahead += 1000;
      return now() + ahead;
    });
    expect(await lockUnixPath(path, never())).toBeUndefined();
    expect(left()).toEqual(['a.sock.rxjs-tcp-lock']);
  });

  it('names its owner', async () => {
    const release = await lockUnixPath(path, never());
    expect(readlinkSync(lockFile)).toMatch(new RegExp(`^rxjs-tcp:${process.pid}:[0-9a-f]{16}$`));
    release!();
  });
});
