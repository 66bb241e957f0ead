// Prints what ran and how it ended: `summary.js RESULTS [MISSING_PACKAGES]`; exits 1 if anything failed. RESULTS is a folder
// with `steps`, a line `NAME ok|FAILED SECONDS` each, and `jest.json`.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, missing] = process.argv.slice(2);
const file = join(folder, 'jest.json');
const jest = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const { numPassedTests: passed = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = jest;
const skipped = (jest.numPendingTests ?? 0) + (jest.numTodoTests ?? 0);
const steps = readFileSync(join(folder, 'steps'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' '));

// A step counts as one failure; a failing test step only when no test of its own says so (the types or the build failed).
const tests = numFailedTests + numRuntimeErrorTestSuites;
const failed = tests + steps.filter(([name, verdict]) => verdict !== 'ok' && (name !== 'test' || tests === 0)).length;

for (const [name, verdict, seconds] of steps) console.log(`${name.padEnd(8)} ${verdict.padEnd(8)} ${seconds} s`);
for (const { name, assertionResults } of jest.testResults ?? []) {
  const count = assertionResults.filter(({ status }) => status === 'pending').length;
  if (count > 0) console.log(`skipped  ${count} in ${name.slice(name.indexOf('/spec/') + 1)}`);
}
if (missing) console.log(`missing  ${missing}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
