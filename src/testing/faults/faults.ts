import { assertSeed } from '../assertSeed';
import type { FaultPlan } from './FaultPlan';
import { FaultyNetwork } from './FaultyNetwork';
import { fillFaultPlan } from './fillFaultPlan';

/**
 * A bad network, the same for the same seed: in memory in virtual time, or on live sockets.
 *
 * It splits, joins, delays, stalls and slows down bytes. If the plan says so, it changes bytes or ends the connection. The faults,
 * and the bytes at which they occur, depend only on the seed. The log of a run has them, so you can compare two runs.
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
