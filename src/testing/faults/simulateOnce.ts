import { config, isObservable, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Connection } from '../../connection/Connection';
import type { ConnectionPairOptions } from '../../connection/connectionPair';
import { Suspicions } from '../decoders/Suspicions';
import { onEachTask } from '../onEachTask';
import type { FaultLog } from './FaultLog';
import type { FaultPlan } from './FaultPlan';
import { faults } from './faults';
import { TracedScheduler } from './TracedScheduler';

/** With more tasks in one millisecond, the code would run for ever without any virtual time passing. */
const MOST_AT_ONCE = 1_000_000;

/** The parts of a conversation: two ends, and the virtual time. */
export interface Simulation {
  readonly client: Connection;
  readonly server: Connection;
  readonly scheduler: TestScheduler;
  readonly seed: number;
  /** The faults so far. The bytes of the client are `a->b`. */
  readonly log: FaultLog;
}

/** A conversation over a bad network. It is over when the Observable completes, and fails when the Observable errors. */
export type Conversation = (simulation: Simulation) => Observable<unknown>;

/** Options of one run. */
export interface RunOptions {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly duration: number;
  readonly ends: ConnectionPairOptions;
}

/**
 * One conversation in virtual time.
 *
 * @throws Error with the fault, its time, and the log of the network.
 */
export function simulateOnce(conversation: Conversation, options: RunOptions): void {
  const trouble = attempt(conversation, options, new TestScheduler(() => {}));
  if (trouble === undefined) return;
  // The same run again, with a scheduler that knows where timers are set.
  const told = trouble.timers ? (attempt(conversation, options, new TracedScheduler()) ?? trouble) : trouble;
  const { seed } = options;
  throw new Error(
    `Cannot simulate seed ${seed}: ${told.what}\n${told.log ?? ''}\nThe same again: { seed: ${seed}, runs: 1 }`,
    {
      cause: told.cause,
    },
  );
}

interface Trouble {
  readonly what: string;
  readonly log: FaultLog | undefined;
  readonly cause?: unknown;
  /** True if timers are left. */
  readonly timers?: boolean;
}

function attempt(conversation: Conversation, options: RunOptions, scheduler: TestScheduler): Trouble | undefined {
  const { seed, plan, duration, ends } = options;
  const suspicions = new Suspicions(() => scheduler.now());
  let [moment, tasks] = [0, 0];
  onEachTask(scheduler, () => {
    if (scheduler.frame !== moment) [moment, tasks] = [scheduler.frame, 0];
    if (++tasks <= MOST_AT_ONCE) return;
    throw new Error(
      `Cannot go on: virtual time does not advance, ${MOST_AT_ONCE} tasks were scheduled in one millisecond`,
    );
  });
  let log: FaultLog | undefined;
  let outcome: 'open' | 'complete' | { readonly error: unknown } = 'open';
  try {
    return scheduler.run(() => {
      const pair = faults(seed, plan).pair({ ...ends, scheduler });
      const { client, server } = pair;
      log = pair.log;
      suspicions.watch('client', client);
      suspicions.watch('server', server);
      const talk = conversation({ client, server, scheduler, seed, log });
      if (!isObservable(talk)) throw new TypeError('Cannot simulate: the conversation must return an Observable');
      const subscription = talk.subscribe({
        error: (error) => {
          outcome = { error };
        },
        complete: () => {
          outcome = 'complete';
        },
      });
      // Frame by frame, until the conversation has ended.
      while (outcome === 'open' && suspicions.found === undefined && nextFrame(scheduler) <= duration) {
        scheduler.maxFrames = nextFrame(scheduler);
        scheduler.flush();
      }
      const trouble = findTrouble(outcome, suspicions, scheduler, duration);
      subscription.unsubscribe();
      endAll([pair, client, server], scheduler);
      const found = trouble ?? timersLeft(scheduler);
      // `run` flushes the remaining tasks at its end: an interval would go on for ever.
      scheduler.actions.length = 0;
      return found && { ...found, log };
    });
  } catch (error) {
    // Code in virtual time has thrown, and nothing caught it.
    return { what: suspicions.found ?? `${error} is thrown, at ${scheduler.now()} ms`, log, cause: error };
  }
}

/** Destroys everything. The errors that this causes are not faults of the program. */
function endAll(ends: readonly { destroy(): void }[], scheduler: TestScheduler): void {
  const { onUnhandledError } = config;
  config.onUnhandledError = () => {};
  try {
    for (const end of ends) end.destroy();
    scheduler.maxFrames = scheduler.now();
    scheduler.flush();
  } finally {
    config.onUnhandledError = onUnhandledError;
  }
}

/** The time of the next task. */
function nextFrame({ actions }: TestScheduler): number {
  return actions[0]?.delay ?? Number.POSITIVE_INFINITY;
}

function findTrouble(
  outcome: unknown,
  { found }: Suspicions,
  scheduler: TestScheduler,
  duration: number,
): Omit<Trouble, 'log'> | undefined {
  const failed = typeof outcome === 'object' ? (outcome as { error: unknown }) : undefined;
  if (found !== undefined) return { what: found, cause: failed?.error };
  if (failed !== undefined) return { what: `${failed.error}, at ${scheduler.now()} ms`, cause: failed.error };
  if (outcome === 'open') {
    const stuck = nextFrame(scheduler) === Number.POSITIVE_INFINITY;
    const when = stuck ? `and nothing more happens after ${scheduler.now()} ms` : `after ${duration} ms`;
    return { what: `the conversation has not ended ${when}` };
  }
  return undefined;
}

function timersLeft(scheduler: TestScheduler): Omit<Trouble, 'log'> | undefined {
  const { actions } = scheduler;
  if (actions.length === 0) return undefined;
  const places = actions.map((action) => scheduler instanceof TracedScheduler && scheduler.placeOf(action));
  const named = [...new Set(places)].filter(Boolean).map((place) => `\n  ${place}`);
  return {
    what: `a timer is left, ${actions.length} in all, after the conversation has ended at ${scheduler.now()} ms${named.join('')}`,
    timers: true,
  };
}
