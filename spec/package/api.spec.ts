import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { builtPackage } from './builtPackage';

// The reports in spec/package/api are all that users see of the package: names, types, optional or not. A change that
// nobody has noticed shows here; `npm run api` writes them anew.

describe('the API', () => {
  it('is as spec/package/api reports it', () => {
    const root = builtPackage();
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/api.js'), '--check'], {
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: '0' },
      timeout: 60_000,
    });
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  }, 70_000);
});
