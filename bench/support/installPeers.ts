import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** On the first run: the packages of `bench/package.json`, into `bench/node_modules`. Without them the bench goes on. */
export function installPeers(): void {
  if (existsSync('bench/node_modules')) return;
  console.error('Installing the packages to compare with: npm ci in bench/');
  const { status } = spawnSync('npm', ['ci', '--silent'], {
    cwd: 'bench',
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) console.error('They could not be installed: they will be missing from the tables');
}
