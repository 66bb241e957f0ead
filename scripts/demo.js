// Runs one demo or all of them against the built package: `demo.js`, `demo.js echoClient 8888`, `demo.js --all`. What has
// changed is compiled first. Exit code 2: the arguments are wrong.
const { spawnSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { build } = require('./build');

/** A demo of `--all` that takes longer than this hangs, and is ended. Milliseconds. */
const TIME_LIMIT = 60_000;
const WRONG_ARGUMENTS = 2;
const HELP = ['--help', '-h'];

const root = join(__dirname, '..');
const names = readdirSync(join(root, 'demos'), { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => basename(entry.name, '.ts'))
  .sort();

/** The description in the header of a demo: the lines before its output. */
function about(name) {
  const source = readFileSync(join(root, 'demos', `${name}.ts`), 'utf8');
  const lines = source
    .slice(source.indexOf('/**') + 3, source.indexOf('*/'))
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, '').trimEnd());
  const end = lines.indexOf('It prints:');
  return lines
    .slice(0, end < 0 ? undefined : end)
    .join('\n')
    .trim();
}

function help() {
  const rows = names.map((name) => `  ${name.padEnd(15)} ${about(name).split('\n')[0]}`);
  return `npm run demo                       runs the tour
npm run demo -- NAME [argument…]   runs one demo
npm run demo -- NAME --help        describes a demo and its arguments
npm run demos                      runs all of them, one after the other

${rows.join('\n')}`;
}

/** Runs a demo. Returns its exit code. */
function run(name, args, timeout) {
  const command = [join(root, 'build/demos', `${name}.js`), ...args];
  const { status, signal, error } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', timeout });
  if (error) console.error(`Cannot finish ${name}: ${error.message}`);
  else if (signal) console.error(`Cannot finish ${name}: ended by ${signal}`);
  return status ?? 1;
}

function runAll() {
  const failed = names.filter((name) => {
    console.log(`\n--- ${name}`);
    return run(name, [], TIME_LIMIT) !== 0;
  });
  console.log(`\n${names.length - failed.length} of ${names.length} demos ran`);
  if (failed.length === 0) return 0;
  console.error(`Failed: ${failed.join(', ')}`);
  return 1;
}

function refuse(message) {
  console.error(`${message}\n\n${help()}`);
  return WRONG_ARGUMENTS;
}

function main([name = 'tour', ...args]) {
  if (HELP.includes(name)) {
    console.log(help());
    return 0;
  }
  const all = name === '--all';
  if (!all && !names.includes(name)) return refuse(`Cannot run the demo ${name}: no demo has this name`);
  if (all && args.length > 0) return refuse(`Cannot run all demos with ${args.join(' ')}: --all takes no argument`);
  if (args.some((arg) => HELP.includes(arg))) {
    console.log(about(name));
    return 0;
  }
  if (!build('dist') || !build('demos')) return 1;
  return all ? runAll() : run(name, args);
}

process.exitCode = main(process.argv.slice(2));
