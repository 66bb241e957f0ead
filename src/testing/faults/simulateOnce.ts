import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Connection } from '../../connection/Connection';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import type { FaultLog } from './FaultLog';
import type { FaultPlan } from './FaultPlan';
import type { SimulatedHandler, SimulatedServer } from './SimulatedNetwork';
import { type Finding, SimulationRun } from './SimulationRun';
import { sameAgain } from './sameAgain';
import { type SmallestFailure, smallestFailure } from './smallestFailure';
import { TracedScheduler } from './TracedScheduler';

/** What a conversation has: two ends, or a server and dials, and the time that it runs in. */
export interface Simulation {
  /** One of two ends that are joined, made when you ask for it. */
  readonly client: Connection;
  /** The other end. */
  readonly server: Connection;
  /** What `connect` is for a client: each subscription is a connection to the server of `listen`, or fails with `ECONNREFUSED`. */
  readonly dial: Observable<Connection>;
  /** Starts the server that is dialed: a handler as for `startServer`. */
  readonly listen: (handler: SimulatedHandler) => SimulatedServer;
  readonly scheduler: TestScheduler;
  readonly seed: number;
  /** What the network has done so far between `client` and `server`; what the client writes is `a->b`. */
  readonly log: FaultLog;
  /** The same for each connection, in the order in which they were made. */
  readonly logs: readonly FaultLog[];
}

/**
 * A conversation over a bad network: it is over when its Observable completes or its promise resolves, and has failed when that errors or
 * rejects.
 */
export type Conversation<T extends Observable<unknown> | PromiseLike<unknown> = Observable<unknown>> = (
  simulation: Simulation,
) => T;

/** Options of one run. */
export interface RunOptions {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly duration: number;
  /** How much real time it may take, in milliseconds; 0: any. */
  readonly timeout: number;
  readonly ends: ConnectionPairOptions;
}

/**
 * One conversation in virtual time.
 *
 * @returns A promise if the conversation is one, which rejects with what is thrown else.
 * @throws Error - That says what went wrong and when, with the log of the network.
 */
export function simulateOnce(
  conversation: Conversation<Observable<unknown> | PromiseLike<unknown>>,
  options: RunOptions,
): void | Promise<void> {
  const found = new SimulationRun(conversation, options, new TestScheduler(() => {})).play();
  if (found instanceof Promise) return found.then((trouble) => tell(conversation, options, trouble));
  return tell(conversation, options, found);
}

/** What has failed is made small, and told. */
function tell(
  conversation: Parameters<typeof simulateOnce>[0],
  options: RunOptions,
  trouble: Finding | undefined,
): void | Promise<void> {
  if (trouble === undefined) return undefined;
  const run = (plan: FaultPlan, scheduler = new TestScheduler(() => {})) =>
    new SimulationRun(conversation, { ...options, plan }, scheduler).play();
  // One that asks for its faults is a failure that is repeated.
  const small =
    options.plan.only === undefined
      ? smallestFailure(options.plan, trouble, run)
      : { plan: options.plan, failure: trouble };
  const explain = ({ plan, failure }: SmallestFailure<Finding>): void | Promise<void> => {
    if (!failure.again) return fail(options.seed, plan, failure);
    // The same again; this time it is written down where timers are set, and where it waits.
    const told = run(plan, new TracedScheduler());
    if (told instanceof Promise) return told.then((found) => fail(options.seed, plan, found ?? failure));
    return fail(options.seed, plan, told ?? failure);
  };
  return small instanceof Promise ? small.then(explain) : explain(small);
}

function fail(seed: number, plan: FaultPlan, { what, log, cause }: Finding): never {
  throw new Error(`Cannot simulate seed ${seed}: ${what}\n${log}\nThe same again: ${sameAgain(seed, plan)}`, { cause });
}
