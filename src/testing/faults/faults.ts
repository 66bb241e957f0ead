import { assertSeed } from '../assertSeed';
import type { FaultPlan } from './FaultPlan';
import { FaultyNetwork } from './FaultyNetwork';
import { fillFaultPlan } from './fillFaultPlan';

/**
 * A bad network, the same for the same seed: in memory in virtual time, or on live sockets.
 *
 * Bytes are split, joined, delayed, held up and slowed down, and where the plan says so changed or cut off. What happens, and
 * at which byte, depends only on the seed; the log of a run has it, to be read, and compared with that of another.
 *
 * @example
 * ```ts
 * import { faults } from 'rxjs-tcp/testing';
 *
 * const { client, server, log } = faults(7, { piece: 2 }).pair();
 * server.reader.subscribe(server.writer);
 * client.writer.write('hello\n');
 * console.log(`${await client.reader.readLine()}`.trimEnd()); // → hello
 * console.log(`${log}`.split('\n')[0]); // → faults(7): …
 * ```
 * @param seed - A whole number of 32 bits.
 * @param plan - What may happen: probabilities from 0 to 1, bytes, milliseconds.
 * @returns The network: `pair()`, `around(connection)` or `between(a, b)` makes a connection over it.
 * @throws `TypeError` or `RangeError` for an invalid seed or plan.
 */
export function faults(seed: number, plan: FaultPlan = {}): FaultyNetwork {
  assertSeed(seed);
  return new FaultyNetwork(seed, fillFaultPlan(plan));
}
