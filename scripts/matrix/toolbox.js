// The bundlers, compilers and test runners that the package is tried with: packages of scripts/matrix, installed on first use.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const modules = join(__dirname, 'node_modules');
const lock = join(__dirname, 'package-lock.json');
const stamp = join(modules, '.installed');

/** The folder of a package, or of all of them. Installs what the lockfile says if that is not there. */
function toolbox(name = '.') {
  const wanted = readFileSync(lock, 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('npm ci in scripts/matrix');
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
    const { status } = spawnSync('npm', args, {
      cwd: __dirname,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error('Cannot install the packages of scripts/matrix');
    writeFileSync(stamp, wanted);
  }
  return join(modules, name);
}

/** The version of a package that is installed. */
function versionOf(name) {
  return require(join(toolbox(name), 'package.json')).version;
}

module.exports = { toolbox, versionOf };
