// Runs a program of the chat: `run.js chat --port 7000`. Builds the library and the programs first, if they have changed.
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '../..');
const { build } = require(join(root, 'scripts/build.js'));
const [program, ...args] = process.argv.slice(2);

/** The library is the one of this repository. In a project of your own, install `rxjs-tcp` and `rxjs`. */
function linkLibrary() {
  const link = join(__dirname, 'node_modules/rxjs-tcp');
  if (existsSync(link)) return;
  mkdirSync(join(__dirname, 'node_modules'), { recursive: true });
  symlinkSync(root, link, 'junction');
}

function compile() {
  const tsc = require.resolve('typescript/bin/tsc', { paths: [root] });
  return spawnSync(process.execPath, [tsc, '-p', __dirname], { stdio: 'inherit' }).status === 0;
}

linkLibrary();
if (build('dist') && compile()) {
  const child = spawn(process.execPath, [join(__dirname, 'build', `${program}.js`), ...args], { stdio: 'inherit' });
  // The terminal sends Ctrl+C to both. The program ends in good order, and this one with it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  process.exitCode = 1;
}
