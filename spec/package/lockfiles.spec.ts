import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

// You install what was tried: every package of every lockfile has its hash, and none an address.

interface Entry {
  readonly integrity?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly version?: string;
}

const root = resolve(__dirname, '../..');
const files = execFileSync('git', ['ls-files', '*package-lock.json'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

it.each(files)('%s has the hash of every package, and no address', (file) => {
  const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { packages: Record<string, Entry> };
  const installed = Object.entries(packages).filter(
    ([path, { link, resolved }]) => path.includes('node_modules/') && link !== true && !resolved?.startsWith('file:'),
  );
  expect(installed.length).toBeGreaterThan(5);
  // Install again without node_modules, or take the hash from `npm view NAME@VERSION dist.integrity`.
  expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  expect(installed.filter(([, { resolved }]) => resolved?.startsWith('http')).map(([path]) => path)).toEqual([]);
});

it('package.json says where the project is, in one way', () => {
  const { repository, homepage, bugs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    repository: { url: string };
    homepage: string;
    bugs: { url: string };
  };
  const address = repository.url.replace(/^git\+|\.git$/g, '');
  expect([homepage, bugs.url]).toEqual([`${address}#readme`, `${address}/issues`]);
});
