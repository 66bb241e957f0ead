import { assertTimeout } from '../../argumentChecks';
import type { CheckOptions, ConnectionCheck, ConnectionFactory } from './ConnectionCheck';
import { connectionChecks } from './connectionChecks';

/** Options of {@link checkConnection}. */
export interface CheckConnectionOptions extends CheckOptions {
  /** The names of checks that can't hold for this kind of connection. */
  readonly skip?: readonly string[] | undefined;
}

/**
 * Checks that a connection behaves like the connections of this library. Use it for a transport of your own (with
 * `openConnection({ socket })`), or for a connection with something in between.
 *
 * @example
 * ```ts
 * import { checkConnection, connectionPair } from 'rxjs-tcp/testing';
 *
 * await checkConnection((options) => connectionPair(options));
 * console.log('all checks passed'); // → all checks passed
 * ```
 * @param factory - Makes two new ends that are joined, for each check.
 * @param options - `resets`, `skip`; `timeout` of each check, in milliseconds.
 * @returns Rejects with an error that names every failed check with its reason; its `errors` are those of the checks.
 * @throws `TypeError` or `RangeError` for an invalid factory and invalid options, also for an unknown name in `skip`.
 */
export function checkConnection(
  factory: ConnectionFactory,
  { skip = [], ...options }: CheckConnectionOptions = {},
): Promise<void> {
  if (typeof factory !== 'function') {
    throw new TypeError(`Cannot use a value of type ${typeof factory} as a factory: it must be a function`);
  }
  assertTimeout('timeout', options.timeout);
  for (const name of skip) {
    if (connectionChecks.some((check) => check.name === name)) continue;
    throw new RangeError(`Cannot skip ${JSON.stringify(name)}: no check has that name`);
  }
  return runAll(
    connectionChecks.filter(({ name }) => !skip.includes(name)),
    factory,
    options,
  );
}

async function runAll(
  checks: readonly ConnectionCheck[],
  factory: ConnectionFactory,
  options: CheckOptions,
): Promise<void> {
  const errors: unknown[] = [];
  const lines: string[] = [];
  for (const { name, run } of checks) {
    try {
      await run(factory, options);
    } catch (error) {
      errors.push(error);
      const reason = error instanceof Error ? error.message : String(error);
      lines.push(`  ${name}: ${reason.replaceAll('\n', '\n    ')}`);
    }
  }
  if (errors.length === 0) return;
  const message = `Cannot accept the connection: ${errors.length} of ${checks.length} checks failed`;
  throw new AggregateError(errors, `${message}\n${lines.join('\n')}`);
}
