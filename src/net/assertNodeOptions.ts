import { assertTimeout } from '../checks';

/** Options of Node's that can't work here, each with what to do instead. */
export type Unusable = Readonly<Record<string, string>>;

/**
 * Throws for an option of Node's that would have no effect here, or do harm. Types leave these out; plain JavaScript may
 * have them.
 *
 * @param doing - What the options are for, for the message: `connect`.
 * @param unusable - By their names.
 * @throws `TypeError`, for one of the wrong type that is passed on to Node, too.
 */
export function assertNodeOptions(doing: string, options: object, unusable: Unusable): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, instead] of Object.entries(unusable)) {
    if (given[name] !== undefined) throw new TypeError(`Cannot ${doing} with the option ${name}: ${instead}`);
  }
  for (const name of ['noDelay', 'keepAlive']) {
    const value = given[name];
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`Cannot use ${String(value)} as ${name}: it must be true or false`);
    }
  }
  assertTimeout('keepAliveInitialDelay', given.keepAliveInitialDelay);
}
