import type { ConnectionCheck } from './ConnectionCheck';
import { endingChecks } from './endingChecks';
import { readingChecks } from './readingChecks';
import { writingChecks } from './writingChecks';

/**
 * Everything that must hold for a connection, check by check, for any test framework.
 *
 * @example
 * ```ts
 * import { connectionChecks, connectionPair } from 'rxjs-tcp/testing';
 *
 * // In a test: for (const { name, run } of connectionChecks) it(name, () => run(myPair));
 * const [first] = connectionChecks;
 * await first?.run((options) => connectionPair(options));
 * console.log('passed:', first?.name); // → passed: …
 * ```
 */
export const connectionChecks: readonly ConnectionCheck[] = [...readingChecks, ...writingChecks, ...endingChecks];
