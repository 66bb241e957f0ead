// The programs of the runtimes, by name.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { runtimeBox } = require('./toolbox');

/** The Node.js of each maintained line, and of 20, the oldest that is supported. */
const NODES = [20, 22, 24, 26];

/** The program of a Node.js other than the one at hand; `undefined` where npm has none for this platform. */
function otherNode(major) {
  const program = join(runtimeBox(`node-${major}`), 'bin/node');
  return existsSync(program) ? program : undefined;
}

/** The runtimes that are here: a name, the command and its arguments before the file. */
function runtimes() {
  const own = Number(process.versions.node.split('.')[0]);
  const nodes = [...new Set([...NODES, own])]
    .sort((a, b) => a - b)
    .flatMap((major) => {
      const program = major === own ? process.execPath : otherNode(major);
      return program === undefined ? [] : [{ name: 'Node.js', command: program, args: [] }];
    });
  return [
    ...nodes,
    // This is its name on every platform.
    { name: 'Bun', command: join(runtimeBox('bun'), 'bin/bun.exe'), args: [] },
    // Its package is a program of Node's that starts the right one.
    {
      name: 'Deno',
      command: process.execPath,
      args: [join(runtimeBox('deno'), 'bin.cjs')],
      run: ['run', '-A', '--node-modules-dir=manual'],
    },
  ].map(({ args, run = [], ...runtime }) => ({ ...runtime, version: [...args, '--version'], args: [...args, ...run] }));
}

module.exports = { otherNode, runtimes };
