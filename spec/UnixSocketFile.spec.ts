// Proves that closing removes our own file and no other, whatever the close itself would remove.
import { existsSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { SocketFile } from '../src/SocketFile';
import { type SocketPaths, socketPaths } from './support/socketPaths';

describe('SocketFile', () => {
  let paths: SocketPaths;
  let path: string;
  let file: SocketFile;
  const close = jest.fn(() => {
    if (existsSync(path)) unlinkSync(path);
  });

  beforeEach(() => {
    paths = socketPaths();
    path = paths.path('a.sock');
    writeFileSync(path, 'ours');
    file = new SocketFile(path);
    close.mockClear();
  });

  afterEach(() => paths.remove());

  it('lets our own file go', () => {
    file.closeWith(close);
    expect(existsSync(path)).toBe(false);
  });

  it('keeps one that was put in its place', () => {
    // Both are there for a moment, so that they differ for sure.
    writeFileSync(paths.path('other'), 'theirs');
    renameSync(paths.path('other'), path);
    file.closeWith(close);
    expect(close).toHaveBeenCalledTimes(1);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  it('closes where there is no file any more', () => {
    unlinkSync(path);
    file.closeWith(close);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it("closes though the other file can't be moved out of the way", () => {
    unlinkSync(path);
    mkdirSync(path);
    // A directory of that name stands where it would be moved to.
    mkdirSync(`${path}.${process.pid}`);
    writeFileSync(`${path}.${process.pid}/x`, '');
    const closed = jest.fn();
    file.closeWith(closed);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(existsSync(path)).toBe(true);
  });
});
