// Installs and tests the demos that are packages of their own, each with the built package as a user would install it:
// `demoPackages.js [NAME…]`. Their `npm test` is bounded, and says what it skips.
const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./build');

const demos = join(__dirname, '../demos');
const names = readdirSync(demos).filter((name) => existsSync(join(demos, name, 'package.json')));

function npm(name, ...args) {
  const cwd = join(demos, name);
  return spawnSync('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;
}

function test(name) {
  console.log(`\n--- demos/${name}`);
  // What is there may have been packed from an older build.
  rmSync(join(demos, name, 'node_modules/rxjs-tcp'), { recursive: true, force: true });
  return npm(name, 'ci', '--prefer-offline', '--silent') && npm(name, 'test', '--silent');
}

function main(wanted) {
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    console.error(`Cannot test the package ${unknown}: demos/ has ${names.join(', ')}`);
    return 2;
  }
  if (!build('dist')) return 1;
  const failed = (wanted.length > 0 ? wanted : names).filter((name) => !test(name));
  if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
