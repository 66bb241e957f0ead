import { assertBoolean, assertTimeout } from '../argumentChecks';

/** Options of Node that can't work here, by name, each with what to do instead. */
export type Unusable = Readonly<Record<string, string>>;

/**
 * Throws for an option of Node that would have no effect here, or do harm. The types leave these options out, but plain
 * JavaScript may pass them.
 *
 * @param doing - What the options are for, for the message: `connect`.
 * @param unusable - The options that can't work.
 * @throws `TypeError`; also for an option with the wrong type that goes to Node.
 */
export function assertNodeOptions(doing: string, options: object, unusable: Unusable): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, instead] of Object.entries(unusable)) {
    if (given[name] !== undefined) throw new TypeError(`Cannot ${doing} with the option ${name}: ${instead}`);
  }
  for (const name of ['noDelay', 'keepAlive']) assertBoolean(name, given[name]);
  assertTimeout('keepAliveInitialDelay', given.keepAliveInitialDelay);
}
