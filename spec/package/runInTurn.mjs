// Runs modules in one process, each when the one before has come to its end: `runInTurn.mjs MODULE…`. A process would exit where
// `beforeExit` is emitted, so that is the end of a module. After each, a line says that it has ended; one that fails ends the process.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const waiting = process.argv.slice(2);
let loading = false;

process.on('beforeExit', (code) => {
  // An `await` at the top that never ends has exit code 13 in a process of its own, too.
  if (loading) process.exit(13);
  if (code !== 0) process.exit(code);
  console.log('\0');
  start();
});

function start() {
  const path = waiting.shift();
  if (path === undefined) process.exit(0);
  process.chdir(dirname(path));
  loading = true;
  // What it throws is an unhandled rejection, which ends the process.
  void import(pathToFileURL(path).href).then(() => {
    loading = false;
  });
}

start();
