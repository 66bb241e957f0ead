// The packed package, installed with npm in a project outside of the repository: nothing of the repository is found there.
const { spawn, spawnSync } = require('node:child_process');
const { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { toolbox } = require('./toolbox');

const root = join(__dirname, '../..');
/** A program that takes longer hangs. Milliseconds. */
const TIME_LIMIT = 180_000;
const windows = process.platform === 'win32';

/**
 * Makes the project, calls `use` and removes the project.
 *
 * @param use - Gets the path of the packed package and the helpers of the project: see parts/README.md.
 */
async function inProject(use) {
  toolbox();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rxjs-tcp-matrix-')));
  try {
    const tarball = install(folder);
    return await use({ tarball, ...helpers(folder) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(folder) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const tarball = npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], root).trim();
  // Of rxjs the version that the lockfile of the repository names. No dependency, so no script of another package.
  const { version } = require('rxjs/package.json');
  const packages = [`./${tarball}`, `rxjs@${version}`];
  npm(['install', '--prefer-offline', '--ignore-scripts', '--omit=optional', '--silent', ...packages], folder);
  return join(folder, tarball);
}

function npm(args, cwd) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: windows });
  if (status !== 0) throw new Error(`Cannot run npm ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

function helpers(folder) {
  /** Writes a file of the project; its path. */
  function file(name, text) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Gives the project, or a folder of it, a package of the toolbox, under its own name or another. */
  function link(name, { as = name, inside = '.' } = {}) {
    const path = join(folder, inside, 'node_modules', as);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(toolbox(name), path, 'junction');
  }

  /** Copies the installed package into a folder of the project that has other packages beside it; rxjs comes along. */
  function installed(inside) {
    cpSync(join(folder, 'node_modules/rxjs-tcp'), join(folder, inside, 'node_modules/rxjs-tcp'), { recursive: true });
    symlinkSync(join(folder, 'node_modules/rxjs'), join(folder, inside, 'node_modules/rxjs'), 'junction');
  }

  /** Runs a program; how it ended and all that it printed. It never rejects. */
  function run(command, args, { cwd = '.', env = {} } = {}) {
    const inherited = { ...process.env, NO_COLOR: '1', ...env };
    // Or a test runner takes itself for the child of another one.
    for (const name of ['NODE_TEST_CONTEXT', 'JEST_WORKER_ID', 'VITEST', 'NODE_OPTIONS']) {
      if (!(name in env)) delete inherited[name];
    }
    return new Promise((settle) => {
      const options = {
        cwd: join(folder, cwd),
        env: inherited,
        timeout: TIME_LIMIT,
        stdio: ['ignore', 'pipe', 'pipe'],
      };
      const child = spawn(command, args, options);
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text) => (printed += text));
      child.on('error', (error) => settle({ code: -1, printed: String(error) }));
      child.on('close', (code, signal) => settle({ code: code ?? signal, printed }));
    });
  }

  return { folder, file, link, installed, run, node: (args, options) => run(process.execPath, args, options) };
}

module.exports = { inProject };
