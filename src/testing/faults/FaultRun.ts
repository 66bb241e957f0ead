import type { SchedulerLike } from 'rxjs';
import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';
import { mixSeed } from '../mixSeed';
import { random } from '../random';
import { ConnectionLog } from '../time/ConnectionLog';
import { type FaultDirection, type FaultKind, FaultLog } from './FaultLog';
import { FaultSchedule } from './FaultSchedule';
import { type Ending, FaultyFlow } from './FaultyFlow';
import type { FullPlan } from './fillFaultPlan';

/** Two ends of connections that are joined with faults in between. */
export class FaultRun {
  /** What was done so far. */
  readonly log: FaultLog;
  /** Resolves, never rejects, once both ends are closed: with how each was. */
  readonly closed: Promise<[CloseInfo, CloseInfo]>;
  private readonly flows: readonly FaultyFlow[];

  /** @internal Runs come from `faults`. */
  constructor(
    /** As the first of its `faults`, this seed gives the same run. */
    readonly seed: number,
    plan: FullPlan,
    private readonly a: Connection,
    private readonly b: Connection,
    scheduler: SchedulerLike,
    number = 1,
  ) {
    this.log = new FaultLog(seed, number);
    ConnectionLog.leaveOut(a, b);
    this.closed = Promise.all([a.closed, b.closed]);
    const began = scheduler.now();
    const allows = (direction: FaultDirection) => (position: number, fault: FaultKind) =>
      plan.only?.has(FaultLog.nameOf({ direction, position, fault }, number)) ?? true;
    const drawn = drawEnding(seed, plan);
    const direction = drawn.of === 0 ? 'a->b' : 'b->a';
    const ending =
      drawn.ending && allows(direction)(drawn.ending.position, drawn.ending.kind) ? drawn.ending : undefined;
    const over = (kind: 'truncate' | 'reset') => this.end(kind);
    const shared = { plan, log: this.log, scheduler, began, over };
    this.flows = [
      new FaultyFlow({
        ...shared,
        ...{ from: a, to: b, direction: 'a->b', ending: direction === 'a->b' ? ending : undefined },
        schedule: new FaultSchedule(mixSeed(seed, 1), plan, allows('a->b')),
      }),
      new FaultyFlow({
        ...shared,
        ...{ from: b, to: a, direction: 'b->a', ending: direction === 'b->a' ? ending : undefined },
        schedule: new FaultSchedule(mixSeed(seed, 2), plan, allows('b->a')),
      }),
    ];
    try {
      for (const flow of this.flows) flow.start();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Parts the two ends and destroys both; what is on its way is dropped.
   *
   * @param error - Why: the cause of what both are closed with.
   */
  destroy(error?: unknown): void {
    this.stop();
    this.a.destroy(error);
    this.b.destroy(error);
  }

  /**
   * Waits for what is done over the faulty connection.
   *
   * @returns What the work gives; rejects with an error that has the seed and the log, and what the work failed with as its
   *   `cause`.
   */
  async explain<T>(work: PromiseLike<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw new Error(`Cannot go on: ${error}\n${this.log}`, { cause: error });
    }
  }

  private end(kind: 'truncate' | 'reset'): void {
    this.stop(true);
    for (const connection of [this.b, this.a]) {
      if (kind === 'reset') connection.reset();
      else void connection.close();
    }
  }

  private stop(lost = false): void {
    for (const flow of this.flows) flow.stop(lost);
  }
}

/** At most one for a connection, in one of its directions: all three draws are made, whatever they give. */
function drawEnding(seed: number, plan: FullPlan): { readonly ending: Ending | undefined; readonly of: number } {
  const draw = random(mixSeed(seed, 0));
  const dice = draw(2 ** 32) / 2 ** 32;
  const of = draw(2);
  const position = draw(plan.within);
  const { truncate, halfClose, reset } = plan;
  const ending = (kind: Ending['kind']) => ({ ending: { kind, position }, of });
  if (dice < truncate) return ending('truncate');
  if (dice < truncate + halfClose) return ending('half-close');
  if (dice < truncate + halfClose + reset) return ending('reset');
  return { ending: undefined, of };
}
