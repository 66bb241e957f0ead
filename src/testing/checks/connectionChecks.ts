import type { ConnectionCheck } from './ConnectionCheck';
import { endingChecks } from './endingChecks';
import { readingChecks } from './readingChecks';
import { writingChecks } from './writingChecks';

/**
 * Everything that must hold for a connection, check by check, for any test framework.
 *
 * @example
 * ```ts
 * for (const { name, run } of connectionChecks) it(name, () => run((options) => myPair(options)));
 * ```
 */
export const connectionChecks: readonly ConnectionCheck[] = [...readingChecks, ...writingChecks, ...endingChecks];
