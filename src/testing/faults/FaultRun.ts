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

/** Two connections that are joined, with faults in between. */
export class FaultRun {
  /** The faults so far. */
  readonly log: FaultLog;
  /** Resolves once both ends are closed, with how each ended. It never rejects. */
  readonly closed: Promise<[CloseInfo, CloseInfo]>;
  private readonly flows: readonly FaultyFlow[];

  /** @internal `faults` makes runs. */
  constructor(
    /** With this seed, the first run of a new `faults` is the same run. */
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
   * Destroys both ends. Bytes that are on their way are dropped.
   *
   * @param error - The reason: the `cause` of the errors of both ends.
   */
  destroy(error?: unknown): void {
    this.stop();
    this.a.destroy(error);
    this.b.destroy(error);
  }

  /**
   * Waits for work that uses the faulty connection.
   *
   * @returns The result of the work. If the work fails, it rejects with an error that has the seed and the log; its `cause` is
   *   the error of the work.
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

/** A connection has at most one ending, in one of its directions. All three numbers are drawn, whatever they are. */
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
