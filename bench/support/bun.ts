import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './Workload';

const PACKAGES = 'bench/node_modules/@oven';

/**
 * `bench/peers/bunSockets.mjs`, run by the Bun of `bench/package.json`. Its program is looked for where the package keeps it, since
 * npm may be told to run no scripts. Without it, the command is one that does not exist, and the row is missing.
 */
export function bun(handler: 'lines' | 'text' | 'frames' | 'echo' | 'bulk'): Program {
  const packages = existsSync(PACKAGES) ? readdirSync(PACKAGES) : [];
  const found = packages.map((name) => join(PACKAGES, name, 'bin/bun')).find((path) => existsSync(path));
  return { command: found ?? join(PACKAGES, 'bun'), args: ['bench/peers/bunSockets.mjs', handler] };
}
