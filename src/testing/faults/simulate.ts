import type { Observable } from 'rxjs';
import { assertCount, assertTimeout } from '../../argumentChecks';
import { assertConnectionOptions } from '../../connection/ConnectionOptions';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import { assertSeed } from '../assertSeed';
import { runSettings } from '../runSettings';
import type { FaultPlan } from './FaultPlan';
import { fillFaultPlan } from './fillFaultPlan';
import { type Conversation, simulateOnce } from './simulateOnce';

/** Options of {@link simulate}: the options of both ends, and these. */
export interface SimulateOptions extends Omit<ConnectionPairOptions, 'scheduler'> {
  /** The seed of the first conversation. Each further one has the next number. Default 1; `RXJS_TCP_SEED` in its place. */
  readonly seed?: number | undefined;
  /** How many conversations. Default 100; at least `RXJS_TCP_RUNS`, unless it is 1. */
  readonly runs?: number | undefined;
  /** The faults of the network. Default: those of `faults`. */
  readonly plan?: FaultPlan | undefined;
  /** How much virtual time a conversation may take, in milliseconds. Default: an hour. */
  readonly duration?: number | undefined;
  /** How much real time a conversation may take, in milliseconds. Default 10,000; 0 is no limit. */
  readonly timeout?: number | undefined;
}

const HOUR = 3_600_000;
const TIMEOUT = 10_000;
const MAX_QUEUED = 1024 * 1024;

/**
 * Runs a conversation many times over bad networks, in virtual time, each time with another seed.
 *
 * Client and server, their time limits and every timer of RxJS run on one clock, so an hour takes milliseconds, and the same
 * seed is the same run. An async conversation takes part: time moves only when all promises that could go on have gone on.
 *
 * A conversation has two ends, `client` and `server`; or a server and clients that come and go: `listen(handler)`, and `dial`, which is what
 * `connect` is. The server of `listen` can `stop`, `start` and `restart`.
 *
 * It fails when the conversation errors or does not complete in its time, and when
 *
 * - somebody writes after he has ended his side, by `next` too, which says nothing;
 * - somebody writes on and on without waiting for the peer: above `maxQueued`, here 1 MiB by default;
 * - a client dials more than 50 times within a second: a reconnect storm, without backoff;
 * - a handler of `listen` fails, and its connection has not gone;
 * - a promise rejects, and nobody handles it;
 * - a timer is left when the conversation has ended and both ends are destroyed;
 * - it takes more than `timeout` of real time, which a test runner could not end;
 * - a million tasks are scheduled in one millisecond, so virtual time does not advance.
 *
 * A conversation that has failed is held again, up to 150 times, with fewer faults, until none of them can be left out. The message has
 * those, and the options that repeat just that. The environment makes a run wider: `RXJS_TCP_RUNS=10000 RXJS_TCP_SEED=20260101`.
 *
 * @example
 * ```ts
 * import { map, take } from 'rxjs';
 * import { lines } from 'rxjs-tcp';
 * import { simulate } from 'rxjs-tcp/testing';
 *
 * simulate(({ client, server }) => {
 *   const answers = server.reader.pipe(lines(), map((line) => `${line}!\n`));
 *   answers.subscribe(server.writer);
 *   client.writer.write('hello\n');
 *   return client.reader.pipe(lines(), take(1));
 * });
 * console.log('100 networks, and it held'); // → 100 networks, and it held
 * ```
 * @param conversation - Starts both sides, and says when they are done: by an Observable or a promise.
 * @param options - `seed`, `runs`, `plan`, `duration` and `timeout` in milliseconds; those of the two ends.
 * @returns Of an async conversation a promise, which you await and which rejects with what is thrown else.
 * @throws `Error` with the seed that failed, what went wrong, when and where, and the faults that it takes; `TypeError` or
 *   `RangeError` for invalid options.
 */
export function simulate(conversation: Conversation<PromiseLike<unknown>>, options?: SimulateOptions): Promise<void>;
export function simulate(conversation: Conversation, options?: SimulateOptions): void;
export function simulate(
  conversation: Conversation<Observable<unknown> | PromiseLike<unknown>>,
  options: SimulateOptions = {},
): void | Promise<void> {
  const { seed: wanted = 1, runs: least = 100, plan = {}, duration = HOUR, timeout = TIMEOUT, ...ends } = options;
  assertSeed(wanted);
  assertCount('runs', least);
  const { seed, runs } = runSettings({ seed: wanted, runs: least });
  assertTimeout('duration', duration);
  assertTimeout('timeout', timeout);
  assertConnectionOptions(ends);
  fillFaultPlan(plan);
  const once = (run: number) =>
    simulateOnce(conversation, {
      seed: (seed + run) % 2 ** 32,
      plan,
      duration,
      timeout,
      ends: { maxQueued: MAX_QUEUED, ...ends },
    });
  const goOn = async (first: Promise<void>, run: number) => {
    await first;
    for (let next = run + 1; next < runs; next++) await once(next);
  };
  for (let run = 0; run < runs; run++) {
    const later = once(run);
    if (later !== undefined) return goOn(later, run);
  }
  return undefined;
}
