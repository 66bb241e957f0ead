import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A wrong argument of the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** Reads `--name value` and `--flag`. @throws UsageError - For an option that is not known. */
export function readArgs(options: NonNullable<ParseArgsConfig['options']>): Values {
  try {
    return parseArgs({ options: { ...options, help: { type: 'boolean' } } }).values as Values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError - Unless the option is absent or an integer from `least` to `most`. */
export function integer(values: Values, name: string, otherwise: number, least: number, most: number): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (typeof text === 'string' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`Cannot use ${String(text)} as ${name}: it must be an integer from ${least} to ${most}`);
}

/** Runs a program: a failure is one line and exit code 1, a wrong argument a line and exit code 2. */
export async function run(main: () => Promise<void>, help: string): Promise<void> {
  try {
    if (process.argv.includes('--help')) console.log(help);
    else await main();
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${help}` : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
