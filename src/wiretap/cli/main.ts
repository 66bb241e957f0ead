import { createWriteStream } from 'node:fs';
import { runCommand } from './runCommand';

/**
 * Runs the command in this process: `bin` of the package.
 *
 * @param version - Of the package.
 */
export function main(version: string): void {
  const { stdin, stdout, stderr, env, argv } = process;
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
