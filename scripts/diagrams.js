// Draws the marble diagrams in the doc comments of the operators anew: `npm run diagrams`. The spec runs each and has the drawing.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const jest = [require.resolve('jest/bin/jest'), 'spec/package/diagrams.spec.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, jest, {
  cwd: join(__dirname, '..'),
  env: { ...process.env, REDRAW_DIAGRAMS: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
