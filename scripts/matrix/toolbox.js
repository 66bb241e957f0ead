// What the package is tried with: the bundlers, compilers and test runners of scripts/matrix, and the runtimes of
// scripts/matrix/runtimes. Each folder is installed on first use.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** The folder of a bundler, a compiler or a test runner, or of all of them. None of them needs a script to be installed. */
function toolbox(name = '.') {
  return packageIn(__dirname, name, ['--ignore-scripts']);
}

/** The folder of a runtime. Bun and Deno put their programs in place with a script. */
function runtimeBox(name) {
  return packageIn(join(__dirname, 'runtimes'), name, []);
}

/** The folder of a package. Installs what the lockfile says if that is not there. */
function packageIn(folder, name, options) {
  const modules = join(folder, 'node_modules');
  const stamp = join(modules, '.installed');
  const wanted = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log(`npm ci in ${folder}`);
    const args = ['ci', ...options, '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
    const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
    if (status !== 0) throw new Error(`Cannot install the packages of ${folder}`);
    writeFileSync(stamp, wanted);
  }
  return join(modules, name);
}

/** The version of a package that is installed. */
function versionOf(name) {
  return require(join(toolbox(name), 'package.json')).version;
}

module.exports = { packageIn, runtimeBox, toolbox, versionOf };
