import { CommandFailure } from './CommandFailure';
import type { CommandIo } from './CommandIo';
import { parseCommandOptions } from './CommandOptions';
import { runWiretap } from './runWiretap';
import { UsageError } from './UsageError';
import { usage } from './usage';

/**
 * Runs `rxjs-tcp` with its arguments.
 *
 * @param version - Of the package.
 * @returns The exit code: 0 done, 1 it can't go on, 2 wrong arguments, 3 a client of a replay has differed, 130 ended at once.
 */
export async function runCommand(args: readonly string[], io: CommandIo, version: string): Promise<number> {
  const [command, ...rest] = args;
  if (args.includes('--version')) {
    io.stdout.write(`${version}\n`);
    return 0;
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(usage);
    return 0;
  }
  try {
    if (command !== 'wiretap') {
      throw new UsageError(
        command === undefined
          ? 'Cannot start: the command is missing'
          : `Cannot start '${command}': there is no such command`,
      );
    }
    return await runWiretap(parseCommandOptions(rest), io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\nrxjs-tcp wiretap --help shows all options.\n`);
      return 2;
    }
    if (!(error instanceof CommandFailure)) throw error;
    io.stderr.write(`${error.message}\n`);
    return 1;
  }
}
