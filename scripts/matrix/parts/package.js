// What checkers of packages say about the packed one, and how big it is.
const { spawnSync } = require('node:child_process');
const { readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { toolbox, versionOf } = require('../toolbox');

async function run({ tarball, folder, node }) {
  return {
    title: 'Package',
    text: '`attw` (Are the types wrong?) looks at the types of each entry under each module resolution, `publint` at `package.json` and the files.',
    columns: ['checked with', 'result'],
    rows: [await attw(tarball, node), await publint(join(folder, 'node_modules/rxjs-tcp')), size(tarball)],
  };
}

async function attw(tarball, node) {
  const cells = [`attw ${versionOf('@arethetypeswrong/cli')}`];
  const command = join(toolbox('@arethetypeswrong/cli'), 'dist/index.js');
  const { code, printed } = await node([
    command,
    tarball,
    '--format',
    'ascii',
    '--no-emoji',
    '--no-color',
    '--no-definitely-typed',
  ]);
  const clean = code === 0 && /No problems found/.test(printed);
  return clean ? { cells: [...cells, 'no problems'] } : { cells: [...cells, `ends with ${code}`], failed: printed };
}

async function publint(pkgDir) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { messages } = await publint({ pkgDir, strict: true, pack: false });
  const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'));
  const cells = [
    `publint ${versionOf('publint')}`,
    messages.length === 0 ? 'no problems' : `${messages.length} problems`,
  ];
  return messages.length === 0
    ? { cells }
    : { cells, failed: messages.map((one) => formatMessage(one, manifest)).join('\n') };
}

function size(tarball) {
  const { stdout } = spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
  const files = stdout.trim().split('\n').length;
  return { cells: ['`npm pack`', `${files} files, ${Math.round(statSync(tarball).size / 1000)} kB`] };
}

module.exports = { run };
