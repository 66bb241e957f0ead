import { basename } from 'node:path';
import { UsageError } from './args';

/**
 * Runs a demo with the arguments of the command line. A failure is one line and exit code 1; a wrong argument is one line,
 * a hint, and exit code 2.
 */
export async function run(
  main: (log: (line: string) => void, ...args: string[]) => Promise<void>,
  [, file = '', ...args]: readonly string[] = process.argv,
): Promise<void> {
  try {
    await main(console.log, ...args);
  } catch (error) {
    const wrong = error instanceof UsageError;
    console.error(wrong ? `${error.message}\nnpm run demo -- ${basename(file, '.js')} --help` : `${error}`);
    process.exitCode = wrong ? 2 : 1;
  }
}
