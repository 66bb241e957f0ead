// Proves that only the file of a dead server's socket is removed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { removeDeadSocket } from '../src/removeDeadSocket';
import { type SocketPaths, socketPaths } from './support/socketPaths';

describe('removeDeadSocket', () => {
  let paths: SocketPaths;
  let path: string;

  beforeEach(() => {
    paths = socketPaths();
    path = paths.path('a.sock');
  });

  afterEach(() => paths.remove());

  function leaveDeadSocket(): void {
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave], { timeout: 10_000 });
  }

  it('removes that of a dead server', async () => {
    leaveDeadSocket();
    expect(existsSync(path)).toBe(true);
    expect(await removeDeadSocket(path)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('leaves that of a live one', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await removeDeadSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each<[string, () => void]>([
    ['a regular file', () => writeFileSync(path, 'precious')],
    ['a directory', () => mkdirSync(path)],
    ['a link', () => symlinkSync('/dev/null', path)],
  ])('leaves %s', async (_, make) => {
    make();
    expect(await removeDeadSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });

  it('has nothing to do where nothing is', async () => {
    expect(await removeDeadSocket(path)).toBe(false);
  });
});
