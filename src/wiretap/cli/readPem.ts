import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandFailure } from './CommandFailure';
import type { CommandIo } from './CommandIo';

/** Reads a file with a certificate or a key. */
export async function readPem(file: string, { folder }: CommandIo): Promise<Buffer> {
  try {
    return await readFile(resolve(folder, file));
  } catch (error) {
    throw new CommandFailure(`Cannot read ${file}`, error);
  }
}
