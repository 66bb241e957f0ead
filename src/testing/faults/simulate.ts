import { assertCount, assertTimeout } from '../../checks';
import { assertConnectionOptions } from '../../connection/ConnectionOptions';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import { assertSeed } from '../assertSeed';
import type { FaultPlan } from './FaultPlan';
import { fillFaultPlan } from './fillFaultPlan';
import { type Conversation, simulateOnce } from './simulateOnce';

/** Options of {@link simulate}: the options of both ends, and these. */
export interface SimulateOptions extends Omit<ConnectionPairOptions, 'scheduler'> {
  /** The seed of the first conversation. Each further one has the next number. Default 1. */
  readonly seed?: number | undefined;
  /** How many conversations. Default 100. */
  readonly runs?: number | undefined;
  /** The faults of the network. Default: those of `faults`. */
  readonly plan?: FaultPlan | undefined;
  /** How much virtual time a conversation may take, in milliseconds. Default: an hour. */
  readonly duration?: number | undefined;
}

const HOUR = 3_600_000;
const MAX_QUEUED = 1024 * 1024;

/**
 * Runs a conversation many times over bad networks, in virtual time, each time with another seed.
 *
 * Client and server, their time limits and every timer of RxJS run on one clock. So an hour takes milliseconds, and the same seed
 * gives the same run. Do not use promises: code that awaits a promise does not go on before the run is over.
 *
 * It fails when the conversation errors or does not complete in its time, and when
 *
 * - a side writes after its own end, also with `next`, which throws nothing;
 * - a side keeps writing without waiting for the peer: above `maxQueued`, here 1 MiB by default;
 * - a timer is left when the conversation has ended and both ends are destroyed;
 * - a million tasks are scheduled in one millisecond, so virtual time does not advance.
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
 * @param conversation - Starts both sides, and returns an Observable that completes when they are done.
 * @param options - `seed`, `runs`, `plan`, `duration` in milliseconds; the options of both ends.
 * @throws `Error` with the seed that failed, the fault, its time and place, and the log of the network; `TypeError` or
 *   `RangeError` for invalid options.
 */
export function simulate(conversation: Conversation, options: SimulateOptions = {}): void {
  const { seed = 1, runs = 100, plan = {}, duration = HOUR, ...ends } = options;
  assertSeed(seed);
  assertCount('runs', runs);
  assertTimeout('duration', duration);
  assertConnectionOptions(ends);
  fillFaultPlan(plan);
  for (let run = 0; run < runs; run++) {
    simulateOnce(conversation, {
      seed: (seed + run) % 2 ** 32,
      plan,
      duration,
      ends: { maxQueued: MAX_QUEUED, ...ends },
    });
  }
}
