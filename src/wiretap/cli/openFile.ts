import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { CommandFailure } from './CommandFailure';

/**
 * Opens a file to write, anew.
 *
 * @throws CommandFailure - If that is not possible.
 */
export async function openFile(file: string, name: string): Promise<Writable> {
  try {
    return (await open(file, 'w')).createWriteStream();
  } catch (error) {
    throw new CommandFailure(`Cannot write ${name}`, error);
  }
}
