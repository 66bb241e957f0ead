// The smoke checks of the packed package, on each runtime.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { runtimes } = require('../runtimes');

const root = join(__dirname, '../../..');
const certificate = ['cert', 'key'].map((what) => join(root, `spec/support/localhost.${what}.pem`));

/** Checks that a runtime can't pass, with the cause. One that passes after all makes the run fail: the line is due to go. */
const KNOWN = {
  Deno: {
    'TLS: a writer waits for a peer that does not read':
      'its TLS sockets call a write done before the socket has taken it, so a writer never waits: bound by hand what you write to a slow peer',
  },
};

async function run({ file, run }) {
  const program = file('smoke.mjs', readFileSync(join(__dirname, '../smoke.mjs'), 'utf8'));
  const rows = [];
  for (const { name, command, version, args } of runtimes()) {
    const { printed: text } = await run(command, version);
    const { code, printed } = await run(command, [...args, program, ...certificate]);
    rows.push(row(name, `${name} ${/\d+\.\d+\.\d+/.exec(text)?.[0]}`, code, printed));
  }
  return {
    title: 'Runtimes',
    text:
      'What a user needs of a runtime, in checks over real sockets: reading, half-close, backpressure, resets, time limits, TLS, STARTTLS, ' +
      'Unix sockets, servers that close, the testing kit. They are in `scripts/matrix/smoke.mjs`. CI also runs the specs on a second Node.js.',
    columns: ['runtime', 'checks', 'what fails, and why'],
    rows,
  };
}

function row(name, runtime, code, printed) {
  const lines = printed.split('\n');
  const passed = lines.filter((line) => line.startsWith('ok '));
  const failed = lines.filter((line) => line.startsWith('FAILED '));
  const known = KNOWN[name] ?? {};
  // A name may have a colon itself.
  const isKnown = (check) => lines.some((line) => line.startsWith(`FAILED ${check}: `));
  const causes = Object.entries(known).filter(([check]) => isKnown(check));
  const mended = Object.keys(known).filter((check) => !isKnown(check));
  const whole = lines.some((line) => line === `${passed.length} of ${passed.length + failed.length} checks passed`);
  const bad = !whole || failed.length !== causes.length || mended.length > 0 || (code === 0) !== (failed.length === 0);
  return {
    cells: [
      runtime,
      `${passed.length} of ${passed.length + failed.length}`,
      causes.map(([check, cause]) => `${check}: ${cause}`).join('; ') || '–',
    ],
    ...(bad && { failed: `${mended.map((check) => `passes now: ${check}\n`).join('')}exit code ${code}\n${printed}` }),
  };
}

module.exports = { run };
