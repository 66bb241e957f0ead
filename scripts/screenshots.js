// Takes the pictures of the wiretap's page in docs/wiretap anew: `npm run screenshots`. It needs chromium and redis-server.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');
const { build } = require('./build');

const jest = [require.resolve('jest/bin/jest'), '--testMatch', '**/spec/scenarios/wiretapScreenshots.ts'];
const take = () => spawnSync(process.execPath, jest, { cwd: root, stdio: 'inherit' }).status ?? 1;
process.exitCode = build('dist') ? take() : 1;
