// Compiles the benches against the built package and runs one program of theirs: `bench.js suite lines`, `bench.js soak`.
const { spawnSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const out = join(root, 'build/bench');
const [program, ...args] = process.argv.slice(2);

function run(...command) {
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

rmSync(out, { recursive: true, force: true });
process.exitCode =
  run(require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.bench.json') || run(join(out, `${program}.js`), ...args);
