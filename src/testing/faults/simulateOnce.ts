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

/** More tasks than that in one millisecond are taken for something that goes on for ever and takes no time. */
const MOST_AT_ONCE = 1_000_000;

/** What a conversation has: two ends, and the time that it runs in. */
export interface Simulation {
  readonly client: Connection;
  readonly server: Connection;
  readonly scheduler: TestScheduler;
  readonly seed: number;
  /** What the network has done so far; what the client writes is `a->b`. */
  readonly log: FaultLog;
}

/** A conversation over a bad network: it is over when the Observable completes, and has failed when that errors. */
export type Conversation = (simulation: Simulation) => Observable<unknown>;

/** What one run is to be. */
export interface RunOptions {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly duration: number;
  readonly ends: ConnectionPairOptions;
}

/**
 * One conversation in virtual time.
 *
 * @throws Error - That says what went wrong and when, with the log of the network.
 */
export function simulateOnce(conversation: Conversation, options: RunOptions): void {
  const trouble = attempt(conversation, options, new TestScheduler(() => {}));
  if (trouble === undefined) return;
  // The same again; this time it is written down where timers are set.
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
  /** It is about timers that are left. */
  readonly timers?: boolean;
}

function attempt(conversation: Conversation, options: RunOptions, scheduler: TestScheduler): Trouble | undefined {
  const { seed, plan, duration, ends } = options;
  const suspicions = new Suspicions(() => scheduler.now());
  let [moment, tasks] = [0, 0];
  onEachTask(scheduler, () => {
    if (scheduler.frame !== moment) [moment, tasks] = [scheduler.frame, 0];
    if (++tasks <= MOST_AT_ONCE) return;
    throw new Error(`Cannot go on: time stands still, ${MOST_AT_ONCE} tasks were scheduled in one millisecond`);
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
      if (!isObservable(talk)) throw new TypeError('Cannot simulate: the conversation must be an Observable');
      const subscription = talk.subscribe({
        error: (error) => {
          outcome = { error };
        },
        complete: () => {
          outcome = 'complete';
        },
      });
      // Frame by frame, and none that comes after the end of the conversation.
      while (outcome === 'open' && suspicions.found === undefined && nextFrame(scheduler) <= duration) {
        scheduler.maxFrames = nextFrame(scheduler);
        scheduler.flush();
      }
      const trouble = findTrouble(outcome, suspicions, scheduler, duration);
      subscription.unsubscribe();
      endAll([pair, client, server], scheduler);
      const found = trouble ?? timersLeft(scheduler);
      // The end of `run` flushes what is left: an interval would go on for ever.
      scheduler.actions.length = 0;
      return found && { ...found, log };
    });
  } catch (error) {
    // Thrown by what runs in virtual time, with nobody to catch it.
    return { what: suspicions.found ?? `${error} is thrown, at ${scheduler.now()} ms`, log, cause: error };
  }
}

/** Destroys everything, and lets it happen. A program that does not listen for the errors that this makes is not to blame. */
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

/** When something happens next. */
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
