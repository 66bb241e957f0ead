/**
 * One run of a conversation in virtual time, from its start to the last timer that it has left.
 *
 *     conversation ── an Observable ──► frame by frame, in this call ─────────────────┐
 *          └───────── a promise ──────► frame by frame, whenever all promises wait ───┴──► over ──► all is destroyed ──► timers left?
 *
 * The file is long because a conversation that hangs, fails or leaves something behind is told at each of these steps.
 */
import { isObservable, type Observable } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { Suspicions } from '../decoders/Suspicions';
import { onEachTask } from '../onEachTask';
import { beginRun } from '../time/beginRun';
import { ConnectionLog } from '../time/ConnectionLog';
import { describeHang } from '../time/describeHang';
import { insertTasks } from '../time/insertTasks';
import { keepClocks } from '../time/keepClocks';
import { leftBehind } from '../time/leftBehind';
import { osRequests } from '../time/osRequests';
import { PromiseLog } from '../time/PromiseLog';
import { playTime } from '../time/playTime';
import { Rejections } from '../time/Rejections';
import { type Ending, whileEnding } from '../time/whileEnding';
import { SimulatedNetwork } from './SimulatedNetwork';
import type { Conversation, RunOptions, Simulation } from './simulateOnce';
import { TracedScheduler } from './TracedScheduler';

/** More tasks than that in one millisecond are taken for something that goes on for ever and takes no time. */
const MOST_AT_ONCE = 1_000_000;

/** What went wrong. */
export interface Finding {
  readonly what: string;
  readonly log: string;
  /** The faults that it has met, as `only` of a plan has them. */
  readonly faults: readonly string[];
  readonly cause?: unknown;
  /** It is worth another run, which writes down where things were done. */
  readonly again: boolean;
}

/** How often the real clock is looked at. */
const TASKS_PER_LOOK = 256;

type Trouble = Pick<Finding, 'what' | 'again'> & { readonly cause?: unknown };

export class SimulationRun {
  private outcome: 'open' | 'complete' | { readonly error: unknown } = 'open';
  private readonly suspicions: Suspicions;
  private readonly network: SimulatedNetwork;
  /** Only of a run that is traced. */
  private promises: PromiseLog | undefined;
  private readonly connections: ConnectionLog;

  constructor(
    private readonly conversation: Conversation<Observable<unknown> | PromiseLike<unknown>>,
    private readonly options: RunOptions,
    private readonly scheduler: TestScheduler,
  ) {
    const { seed, plan, ends } = options;
    this.suspicions = new Suspicions(() => scheduler.now());
    this.network = new SimulatedNetwork(seed, plan, ends, scheduler, this.suspicions);
    this.connections = new ConnectionLog(this.network.names);
    let [moment, tasks, all] = [0, 0, 0];
    // The uptime of the process is real in virtual time, and where timers are mocked.
    const began = process.uptime();
    insertTasks(scheduler);
    onEachTask(scheduler, () => {
      if (++all % TASKS_PER_LOOK === 0 && options.timeout > 0 && process.uptime() - began > options.timeout / 1000) {
        throw new Error(`Cannot go on: the conversation takes more than ${options.timeout} ms of real time`);
      }
      if (scheduler.frame !== moment) [moment, tasks] = [scheduler.frame, 0];
      if (++tasks <= MOST_AT_ONCE) return;
      throw new Error(
        `Cannot go on: virtual time does not advance, ${MOST_AT_ONCE} tasks were scheduled in one millisecond`,
      );
    });
  }

  /** @returns What is wrong with it; a promise of that if the conversation is one. */
  play(): Finding | undefined | Promise<Finding | undefined> {
    const { scheduler } = this;
    const requests = osRequests();
    const end = this.begin();
    let talk: PromiseLike<unknown> | undefined;
    let resume: (() => () => void) | undefined;
    try {
      const found = scheduler.run(() => {
        const started = this.start();
        if (!isObservable(started)) {
          talk = started;
          resume = keepClocks(scheduler);
          // It goes on when `run` has returned, which flushes nothing.
          scheduler.maxFrames = -1;
          return undefined;
        }
        const trouble = this.playObservable(started);
        // The end of `run` flushes what is left: an interval would go on for ever.
        scheduler.actions.length = 0;
        return trouble;
      });
      if (talk === undefined) return found && this.finding(found);
    } catch (error) {
      return this.finding(this.thrown(error));
    } finally {
      if (talk === undefined) end();
    }
    const real = (resume as unknown as () => () => void)();
    const work = talk;
    const play = () =>
      this.playPromise(work, requests)
        .catch((error) => this.thrown(error))
        .then((found) => found && this.finding(found))
        .finally(() => {
          real();
          end();
        });
    return this.promises === undefined ? play() : this.promises.leaveOut(play);
  }

  /** @returns Ends what is on for the time of the run. */
  private begin(): () => void {
    const end = beginRun(this.scheduler);
    if (!(this.scheduler instanceof TracedScheduler)) return end;
    const unwatch = this.connections.start();
    const promises = new PromiseLog();
    this.promises = promises;
    return () => {
      promises.stop();
      unwatch();
      end();
    };
  }

  private start(): Observable<unknown> | PromiseLike<unknown> {
    const { network, scheduler, options } = this;
    const simulation: Simulation = {
      get client() {
        return network.ends.client;
      },
      get server() {
        return network.ends.server;
      },
      get log() {
        return network.ends.log;
      },
      logs: network.logs,
      dial: network.dial,
      listen: (handler) => network.listen(handler),
      scheduler,
      seed: options.seed,
    };
    const talk = this.conversation(simulation);
    if (isObservable(talk) || typeof talk?.then === 'function') return talk;
    throw new TypeError('Cannot simulate: the conversation must return an Observable or a promise');
  }

  private playObservable(talk: Observable<unknown>): Trouble | undefined {
    const { scheduler, options } = this;
    const subscription = talk.subscribe({
      error: (error) => {
        this.outcome = { error };
      },
      complete: () => {
        this.outcome = 'complete';
      },
    });
    // Frame by frame, and none that comes after the end of the conversation.
    while (!this.over && this.nextFrame <= options.duration) {
      scheduler.maxFrames = this.nextFrame;
      scheduler.flush();
    }
    const trouble = this.findTrouble(() => leftBehind(this.promises));
    subscription.unsubscribe();
    const endAll = () => {
      this.endAll();
      scheduler.maxFrames = scheduler.now();
      scheduler.flush();
    };
    const ending = whileEnding(endAll, trouble !== undefined);
    const found = trouble ?? this.timersLeft();
    // What awaits in it goes on after this call.
    if (trouble === undefined) ending.over();
    else ending.overNextTurn();
    return found;
  }

  private async playPromise(talk: PromiseLike<unknown>, requests: number): Promise<Trouble | undefined> {
    const { scheduler, options } = this;
    if (this.promises !== undefined) this.promises.forgets = true;
    const rejections = new Rejections();
    talk.then(
      () => {
        this.outcome = 'complete';
      },
      (error: unknown) => {
        this.outcome = { error };
      },
    );
    let trouble: Trouble | undefined;
    let ending: Ending | undefined;
    try {
      const over = () => {
        rejections.throwFirst();
        return this.over;
      };
      await playTime(scheduler, { over, until: options.duration, requests });
      trouble = this.findTrouble(() => '');
    } catch (error) {
      trouble = this.thrown(error);
    }
    try {
      // What the end wakes goes on too, and clears its timers.
      ending = whileEnding(() => this.endAll());
      await playTime(scheduler, { over: () => true, until: scheduler.now(), requests });
      return trouble ?? this.timersLeft();
    } finally {
      ending?.over();
      rejections.stop();
      scheduler.actions.length = 0;
    }
  }

  private get over(): boolean {
    return this.outcome !== 'open' || this.suspicions.found !== undefined;
  }

  /** When something happens next. */
  private get nextFrame(): number {
    return this.scheduler.actions[0]?.delay ?? Number.POSITIVE_INFINITY;
  }

  private endAll(): void {
    for (const end of this.network.all) end.destroy();
    this.suspicions.stop();
  }

  /** @param behind - What else is to be said where nothing more happens. */
  private findTrouble(behind: () => string): Trouble | undefined {
    const { outcome, scheduler, options } = this;
    const { found } = this.suspicions;
    const failed = typeof outcome === 'object' ? outcome : undefined;
    if (found !== undefined) return { what: found, cause: failed?.error, again: false };
    if (failed !== undefined) {
      return { what: `${failed.error}, at ${scheduler.now()} ms`, cause: failed.error, again: false };
    }
    if (outcome !== 'open') return undefined;
    const stuck = this.nextFrame === Number.POSITIVE_INFINITY;
    const when = stuck ? `and nothing more happens after ${scheduler.now()} ms` : `after ${options.duration} ms`;
    const parts = [`the conversation has not ended ${when}`];
    if (this.promises !== undefined) {
      parts.push(describeHang(this.connections.lines, this.promises.forgets ? this.promises.pending : []), behind());
    }
    return { what: parts.filter(Boolean).join('\n'), again: true };
  }

  private timersLeft(): Trouble | undefined {
    const { scheduler } = this;
    const { actions } = scheduler;
    if (actions.length === 0) return undefined;
    const places = actions.map((action) => scheduler instanceof TracedScheduler && scheduler.placeOf(action));
    const named = [...new Set(places)].filter(Boolean).map((place) => `\n  ${place}`);
    return {
      what: `a timer is left, ${actions.length} in all, after the conversation has ended at ${scheduler.now()} ms${named.join('')}`,
      again: true,
    };
  }

  /** Thrown by what runs in virtual time, with nobody to catch it. */
  private thrown(error: unknown): Trouble {
    const what = this.suspicions.found ?? `${error} is thrown, at ${this.scheduler.now()} ms`;
    return { what, cause: error, again: false };
  }

  private finding({ what, cause, again }: Trouble): Finding {
    return { what, cause, again, log: `${this.network}`, faults: this.network.logs.flatMap(({ names }) => names) };
  }
}
