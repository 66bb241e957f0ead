import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './runCommand';

/** Runs the command in this process: `bin` of the package. */
export function main(): void {
  const { stdin, stdout, stderr, env, argv } = process;
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  const io = {
    stdin,
    // Node writes to a pipe at once, and waits for its reader. The traffic must not.
    stdout: stdout.isTTY ? stdout : createWriteStream('', { fd: 1, autoClose: false }),
    stderr,
    env,
    folder: process.cwd(),
    onSignal(listener: () => void) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
  void runCommand(argv.slice(2), io, version).then((code) => process.exit(code));
}
