// What versions and publishes the package: `npm run release -- check|version|publish`.
//   check    tries it without the registry: what would be published, and what stands in the way
//   version  makes the files of .changeset the next version and its entries of CHANGELOG.md
//   publish  publishes the version if npm does not have it yet, and tags it; only the release workflow does this
// It needs Node.js 22 or later, but for `check`.
const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { packageIn } = require('./matrix/toolbox');

const root = join(__dirname, '..');
const run = (program, ...args) => {
  const shell = process.platform === 'win32' && program === 'npm';
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', shell }).status ?? 1;
};
const changeset = (...args) =>
  run(process.execPath, join(packageIn(join(__dirname, 'release'), '@changesets/cli', []), 'bin.js'), ...args);

/** The fields of package.json whose address is not known yet. */
function placeholders() {
  const { repository, homepage, bugs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const addresses = { repository: repository.url, homepage, bugs: bugs.url };
  return Object.keys(addresses).filter((name) => addresses[name].includes('/OWNER/'));
}

function check() {
  const open = placeholders();
  if (open.length > 0)
    console.log(`Before a release, put the real owner in place of OWNER in package.json: ${open.join(', ')}`);
  // The registry asks for a proof of origin, which only the release workflow has.
  return run('npm', 'publish', '--dry-run', '--ignore-scripts', '--provenance=false');
}

function version() {
  // The lockfile has the version too.
  return changeset('version') || run('npm', 'install', '--package-lock-only', '--no-audit', '--no-fund');
}

function publish() {
  const open = placeholders();
  if (open.length > 0) {
    console.error(`Cannot publish: package.json has the placeholder OWNER in ${open.join(', ')}`);
    return 1;
  }
  return changeset('publish');
}

const commands = { check, version, publish };
const command = commands[process.argv[2]];
if (command === undefined) console.error('Usage: npm run release -- check|version|publish');
process.exitCode = command === undefined ? 2 : command();
