// Runs a program of the benches against the built package: `bench.js suite lines`, `bench.js soak`. Before that it compiles what
// has changed.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { build } = require('./build');

const root = join(__dirname, '..');
const [program, ...args] = process.argv.slice(2);

function run() {
  const file = join(root, 'build/bench', `${program}.js`);
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

process.exitCode = build('dist') && build('bench') ? run() : 1;
