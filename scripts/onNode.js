// Runs a program of the project on another Node.js: `onNode.js 24 node_modules/jest/bin/jest.js …`. Its child processes run on it, too.
const { spawnSync } = require('node:child_process');
const { delimiter, dirname, join } = require('node:path');
const { otherNode } = require('./matrix/runtimes');

const [major, ...args] = process.argv.slice(2);

function main() {
  const program = otherNode(Number(major));
  if (program === undefined) {
    console.error(`Cannot run on Node.js ${major}: npm has none for ${process.platform} ${process.arch}`);
    return 1;
  }
  const env = { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH}` };
  return spawnSync(program, args, { cwd: join(__dirname, '..'), env, stdio: 'inherit' }).status ?? 1;
}

process.exitCode = main();
