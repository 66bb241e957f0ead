// Prints the closing lines of a run: `summary.js JEST_JSON [FAILED_STEP...]`; exits 1 if anything failed.
const { existsSync, readFileSync } = require('node:fs');

const [file, ...steps] = process.argv.slice(2);
const jest = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const { numPassedTests: passed = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = jest;
const skipped = (jest.numPendingTests ?? 0) + (jest.numTodoTests ?? 0);

// A step counts as one failure; a failing test step only when no test of its own says so (the types or the build failed).
const tests = numFailedTests + numRuntimeErrorTestSuites;
const failed = tests + steps.filter((step) => step !== 'test' || tests === 0).length;

if (steps.length > 0) console.log(`Failed steps: ${steps.join(', ')}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
