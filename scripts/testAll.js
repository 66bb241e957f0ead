// Runs the specs with the heavy ones whole: what `npm test` bounds runs in full. Arguments go to Jest.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { build } = require('./build');

const root = join(__dirname, '..');

function main(args) {
  const run = (...program) => {
    const env = { ...process.env, RXJS_TCP_ALL: 'true' };
    return spawnSync(process.execPath, program, { cwd: root, env, stdio: 'inherit' }).status === 0;
  };
  const steps = [
    () => run(require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json'),
    () => build('dist'),
    () => run(require.resolve('jest/bin/jest'), ...args),
  ];
  return steps.every((step) => step());
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1;
