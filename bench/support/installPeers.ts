import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { GO_PROGRAM } from './go';

/**
 * Installs the packages of `bench/package.json` into `bench/node_modules`, on the first run and when they have changed. If that
 * fails, the bench goes on without them.
 */
export function installPeers(): void {
  installPackages();
  compileGo();
}

function installPackages(): void {
  if (changed('bench/node_modules/.package-lock.json') >= changed('bench/package-lock.json')) return;
  console.error('Installing the packages to compare with: npm ci in bench/');
  const { status } = spawnSync('npm', ['ci', '--silent'], {
    cwd: 'bench',
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) console.error('Cannot install the packages: they will be missing from the tables');
}

function compileGo(): void {
  const source = 'bench/peers/goSockets.go';
  if (changed(GO_PROGRAM) >= changed(source)) return;
  console.error('Compiling the Go program to compare with');
  const { status } = spawnSync('go', ['build', '-o', GO_PROGRAM, source], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0)
    console.error('It could not be compiled: is Go installed? Its rows will be missing from the tables');
}

function changed(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
