import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The library as JavaScript, for a spec that starts many processes: none of them has to transpile it. */
export function transpiledSource(): { readonly index: string; remove(): void } {
  // Within the project, where Node finds `rxjs`.
  const folder = resolve(__dirname, '../../build', `source-${process.pid}`);
  execFileSync(process.execPath, [join(__dirname, 'transpileSource.js'), folder]);
  return { index: join(folder, 'index.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
