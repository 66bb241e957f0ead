// Compiles a part of the project, or keeps what an earlier run compiled: `build.js` makes dist/, always; the demos and the
// benches call `build` themselves and start at once when nothing has changed.
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const root = join(__dirname, '..');
const shared = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/bundle.js',
  'scripts/page.js',
  'src',
];

/** The sources of each part, a file that exists once the part is made, and the programs that run after the compiler. */
const parts = {
  dist: {
    config: 'tsconfig.build.json',
    out: 'dist',
    proof: 'index.js',
    from: shared,
    after: ['bundle.js', 'page.js'],
  },
  demos: { config: 'tsconfig.demos.json', out: 'build/demos', proof: 'tour.js', from: [...shared, 'demos'] },
  bench: { config: 'tsconfig.bench.json', out: 'build/bench', proof: 'suite.js', from: [...shared, 'bench'] },
};

/**
 * Makes a part. A part that is up to date is kept, unless `always` is true.
 *
 * @returns {boolean} True if the part exists now. Else the compiler has printed why.
 */
function build(name, { always = false } = {}) {
  const { config, out, proof, from, after = [] } = parts[name];
  // Beside the output and not in it: the whole of dist/ is published.
  const stamp = join(root, `build/${name}.stamp`);
  const inputs = JSON.stringify([config, ...from].flatMap((path) => stateOf(join(root, path))));
  if (!always && existsSync(join(root, out, proof)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    return true;
  }

  rmSync(stamp, { force: true });
  rmSync(join(root, out), { recursive: true, force: true });
  const programs = [
    [require.resolve('typescript/bin/tsc'), '-p', config],
    ...after.map((program) => [join(__dirname, program)]),
  ];
  const run = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
  if (!programs.every(run)) return false;
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stamp, inputs);
  return true;
}

/** The files of a path, each with its size and the time of its last change. So a removed file is a change too. */
function stateOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [[relative(root, path), stat.size, stat.mtimeMs]];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .sort()
    .flatMap((name) => stateOf(join(path, name)));
}

module.exports = { build };

if (require.main === module) process.exitCode = build('dist', { always: true }) ? 0 : 1;
