import { readFile } from 'node:fs/promises';
import { readJsonLines } from '..';
import type { NamedConnection } from '../Taps';
import type { WireLog } from '../WireLog';
import { CommandFailure } from './CommandFailure';

/** A saved connection, as it is printed and played. */
export interface SavedConnection extends NamedConnection {
  readonly log: WireLog;
}

/**
 * Reads a file of `--save`, or of `onError` of a tap.
 *
 * @param name - The name for messages.
 * @throws CommandFailure - If it can't be read, or is no log.
 */
export async function readLog(file: string, name: string, side: 'client' | 'server'): Promise<SavedConnection[]> {
  try {
    const logs = readJsonLines(await readFile(file, 'utf8'));
    return logs.map((log) => {
      const [first] = log.events();
      const [near = '?', far = '?'] = [first?.local, first?.remote];
      const [client, target] = side === 'client' ? [near, far] : [far, near];
      return { id: first?.connection ?? 0, client, target, openedAt: first?.openedAt ?? 0, side, log };
    });
  } catch (error) {
    throw new CommandFailure(`Cannot read ${name}`, error);
  }
}
