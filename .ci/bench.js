// Compiles the benches against the built package and runs one of them, or all: `bench.js`, `bench.js proxy`.
const { spawnSync } = require('node:child_process');
const { readdirSync, rmSync } = require('node:fs');
const { basename, join } = require('node:path');

const root = join(__dirname, '..');
const out = join(root, 'build/bench');

function run(...args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

const names = readdirSync(join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => basename(entry.name, '.ts'))
  .sort();
const [wanted] = process.argv.slice(2);

if (wanted !== undefined && !names.includes(wanted)) {
  console.error(`Cannot run the bench ${wanted}: there is only ${names.join(', ')}`);
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
if (!run(require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.bench.json')) process.exit(1);

let failed = false;
for (const name of wanted === undefined ? names : [wanted]) {
  console.log(`\n--- ${name}`);
  if (!run('--expose-gc', join(out, `${name}.js`))) failed = true;
}
process.exit(failed ? 1 : 0);
