// Compiles the demos against the built package and runs one of them, or all: `demo.js`, `demo.js echoClient`, `demo.js --all`.
const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, rmSync } = require('node:fs');
const { basename, join } = require('node:path');

/** A demo that takes longer than this hangs. Milliseconds. */
const TIME_LIMIT = 60_000;

const root = join(__dirname, '..');
const out = join(root, 'build/demos');

function run(...args) {
  const { status, signal, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    ...(all ? { timeout: TIME_LIMIT } : {}),
  });
  if (error) console.error(`Cannot finish ${basename(args[0])}: ${error.message}`);
  else if (signal) console.error(`Cannot finish ${basename(args[0])}: ended by ${signal}`);
  return status === 0;
}

const [first = 'tour', ...rest] = process.argv.slice(2);
const all = first === '--all';

const names = existsSync(join(root, 'demos'))
  ? readdirSync(join(root, 'demos'), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => basename(entry.name, '.ts'))
      .sort()
  : [];

if (names.length === 0 || !(all || names.includes(first))) {
  console.error(`Cannot run the demo ${first}: there is ${names.length === 0 ? 'none' : `only ${names.join(', ')}`}`);
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
if (!run(require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.demos.json')) process.exit(1);

const failed = (all ? names : [first]).filter((name) => {
  if (all) console.log(`\n--- ${name}`);
  return !run(join(out, `${name}.js`), ...(all ? [] : rest));
});
if (all) console.log(`\n${names.length - failed.length} of ${names.length} demos ran`);
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}`);
  process.exit(1);
}
