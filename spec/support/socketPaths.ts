import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A separate folder for Unix sockets, and a function that removes it. */
export interface SocketPaths {
  path(name: string): string;
  remove(): void;
}

export function socketPaths(): SocketPaths {
  const directory = mkdtempSync(join(tmpdir(), 'rxjs-tcp-'));
  return {
    path: (name) => join(directory, name),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
