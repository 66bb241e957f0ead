import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Framings } from '../frames/loadFraming';
import type { TappedConnection, Taps } from '../Taps';
import { Terminal } from '../terminal/Terminal';
import type { CommandIo } from './CommandIo';
import type { View } from './View';

/**
 * Shows the events live in the terminal.
 *
 * @param title - What the command does.
 * @param quit - Called when the user wants to end.
 */
export function startTerminal(
  taps: Taps,
  io: CommandIo,
  title: string,
  framings: Framings | undefined,
  quit: () => void,
): View {
  const { stdin, stdout, env, folder } = io;
  const terminal = new Terminal(taps, {
    title,
    framings,
    coloured: !env.NO_COLOR,
    write: (text) => void stdout.write(text),
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    quit,
    copy: (connection, as) => copyAsTest(connection, as, folder),
  });
  const typed = (chunk: Buffer) => terminal.input(chunk.toString());
  stdin.setRawMode?.(true);
  stdin.on('data', typed);
  stdin.resume();
  const gone = new Promise((resolved) => {
    for (const stream of [stdin, stdout]) stream.once('error', resolved);
    stdin.once('end', resolved);
  });
  return {
    say: (text) => terminal.say(text),
    gone,
    close: async () => {
      terminal.close();
      stdin.off('data', typed);
      stdin.setRawMode?.(false);
      stdin.pause();
    },
  };
}

/** Writes a test beside those that are there. Returns its name. */
function copyAsTest({ id, tap }: TappedConnection, as: 'script' | 'marbles', folder: string): string {
  for (let copy = 1; ; copy++) {
    const name = `wiretap-${id}${copy === 1 ? '' : `-${copy}`}.spec.ts`;
    const file = resolve(folder, name);
    if (existsSync(file)) continue;
    writeFileSync(file, tap.toTest(as), { flag: 'wx' });
    return name;
  }
}
