import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/**
 * The folder of the package, after a check that `dist/` was built from the current `src/`.
 *
 * @throws Error - If `npm run build` is due: a spec of the published package would test an older one.
 */
export function builtPackage(): string {
  if (!existsSync(join(root, 'dist/index.js'))) {
    throw new Error('Cannot check the package: there is no dist/, run `npm run build` first');
  }
  const built = statSync(join(root, 'dist/index.js')).mtimeMs;
  const newer = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).find(
    (name) => name.endsWith('.ts') && statSync(join(root, 'src', name)).mtimeMs > built,
  );
  if (newer !== undefined) {
    throw new Error(`Cannot check the package: src/${newer} is newer than dist/, run \`npm run build\` first`);
  }
  return root;
}
