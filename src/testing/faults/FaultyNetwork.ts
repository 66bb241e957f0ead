import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { Connection } from '../../connection/Connection';
import { type ConnectionPairOptions, connectionPair } from '../../connection/connectionPair';
import { mixSeed } from '../mixSeed';
import { FaultRun } from './FaultRun';
import type { FullPlan } from './fillFaultPlan';

/** Options of a run. */
export interface FaultOptions {
  /** Whose time delays, stalls and waits take. Default that of RxJS, which is virtual inside `TestScheduler.run`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** Makes connections faulty; one after the other has faults of its own, drawn from the common seed. */
export class FaultyNetwork {
  private runs = 0;

  /** @internal By `faults`. */
  constructor(
    readonly seed: number,
    private readonly plan: FullPlan,
  ) {}

  /**
   * Joins two connections: what comes from one is sent to the other, with faults, no faster than it takes it; FIN and resets
   * go through too. A proxy is a server whose handler dials and puts this in between.
   *
   * @param a - An end that nobody reads or writes from now on.
   * @param b - Another.
   * @throws `ReaderBusyError` if somebody reads one of them.
   */
  between(a: Connection, b: Connection, { scheduler = asyncScheduler }: FaultOptions = {}): FaultRun {
    const number = this.runs++;
    const seed = number === 0 ? this.seed : mixSeed(this.seed, number + 100);
    return new FaultRun(seed, this.plan, a, b, scheduler, number + 1);
  }

  /**
   * A connection with faults on the way to its peer: what is written to it is `a->b` in the log.
   *
   * @param connection - The one beneath, which nobody reads or writes from now on.
   * @param options - Of the connection in front; `scheduler`.
   */
  around(connection: Connection, options: ConnectionPairOptions = {}): FaultRun & { readonly connection: Connection } {
    const [near, far] = connectionPair(options);
    return Object.assign(this.between(far, connection, options), { connection: near });
  }

  /**
   * Two ends in memory with faults in between: what the client writes is `a->b` in the log.
   *
   * @param options - Of both ends; with a `scheduler` everything happens in its time.
   */
  pair(options: ConnectionPairOptions = {}): FaultRun & { readonly client: Connection; readonly server: Connection } {
    const [client, a] = connectionPair(options);
    const [server, b] = connectionPair(options);
    return Object.assign(this.between(a, b, options), { client, server });
  }
}
