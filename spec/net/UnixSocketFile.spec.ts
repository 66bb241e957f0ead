// Proves that the file of a dead server's socket is removed, that closing removes our own file, and that no other file is touched.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { UnixSocketFile } from '../../src/net/UnixSocketFile';
import { type SocketPaths, socketPaths } from '../support/socketPaths';

let paths: SocketPaths;
let path: string;

beforeEach(() => {
  paths = socketPaths();
  path = paths.path('a.sock');
});

afterEach(() => paths.remove());

describe('UnixSocketFile.removeDead', () => {
  it('removes the file of a dead server', async () => {
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave], { timeout: 10_000 });
    expect(existsSync(path)).toBe(true);
    await UnixSocketFile.removeDead(path);
    expect(existsSync(path)).toBe(false);
  });

  it('leaves the file of a live server', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await UnixSocketFile.removeDead(path);
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each<[string, () => void]>([
    ['a regular file', () => writeFileSync(path, 'precious')],
    ['a directory', () => mkdirSync(path)],
    ['a link', () => symlinkSync('/dev/null', path)],
    ['a link to itself', () => symlinkSync('a.sock', path)],
  ])('leaves %s', async (_, make) => {
    make();
    const before = lstatSync(path).ino;
    await UnixSocketFile.removeDead(path);
    expect(lstatSync(path).ino).toBe(before);
  });

  it('does nothing when the file does not exist', async () => {
    await UnixSocketFile.removeDead(path);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});

describe('UnixSocketFile', () => {
  let file: UnixSocketFile;
  const close = jest.fn(() => {
    if (existsSync(path)) unlinkSync(path);
  });

  beforeEach(() => {
    writeFileSync(path, 'ours');
    file = new UnixSocketFile(path, path);
    close.mockClear();
  });

  it('removes its own file', () => {
    file.closeWith(close);
    expect(existsSync(path)).toBe(false);
  });

  it('keeps a file that replaced its own, and leaves nothing beside it', () => {
    // Both files exist for a moment, so that they differ for sure.
    writeFileSync(paths.path('other'), 'theirs');
    renameSync(paths.path('other'), path);
    file.closeWith(close);
    expect(close).toHaveBeenCalledTimes(1);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(readdirSync(dirname(path))).toEqual(['a.sock']);
  });

  it('closes when the file is already gone', () => {
    unlinkSync(path);
    file.closeWith(close);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('closes when the folder has become a file', () => {
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), '');
    const closed = jest.fn();
    file.closeWith(closed);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('closes when a folder has replaced the file', () => {
    unlinkSync(path);
    mkdirSync(path);
    const closed = jest.fn();
    file.closeWith(closed);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(readdirSync(dirname(path))).toEqual(['a.sock']);
  });

  it('removes its own file after it was bound to a relative name, and keeps the file that has that name now', () => {
    const other = paths.path('other.sock');
    writeFileSync(other, 'theirs');
    const moved = new UnixSocketFile(path, other);
    moved.closeWith(() => {
      if (existsSync(other)) unlinkSync(other);
    });
    expect(readFileSync(other, 'utf8')).toBe('theirs');
    expect(readdirSync(dirname(path))).toEqual(['other.sock']);
  });

  it('keeps the file of a server that binds while ours is closed', () => {
    unlinkSync(path);
    writeFileSync(path, 'theirs');
    file.closeWith(() => {
      unlinkSync(path);
      writeFileSync(path, 'of a third one');
    });
    expect(readFileSync(path, 'utf8')).toBe('of a third one');
    expect(readdirSync(dirname(path))).toEqual(['a.sock']);
  });

  it('treats a second name of its own file as its own', () => {
    const second = paths.path('second.sock');
    linkSync(path, second);
    new UnixSocketFile(path, second).closeWith(() => unlinkSync(second));
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
