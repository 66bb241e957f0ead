import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { Connection } from '../../connection/Connection';
import { type ConnectionPairOptions, connectionPair } from '../../connection/connectionPair';
import { mixSeed } from '../mixSeed';
import { random } from '../random';
import { FaultRun } from './FaultRun';
import type { FullPlan } from './fillFaultPlan';

/** Options of a run. */
export interface FaultOptions {
  /** The scheduler of delays, stalls and waits. Default: RxJS's clock, which is virtual inside `TestScheduler.run`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** A faulty network. Each of its connections has its own faults, drawn from the common seed. */
export class FaultyNetwork {
  private runs = 0;

  /** @internal `faults` makes networks. */
  constructor(
    readonly seed: number,
    private readonly plan: FullPlan,
  ) {}

  /**
   * Joins two connections: it sends the bytes of each to the other, with faults, no faster than the other takes them. FIN and
   * resets are passed on too. For a faulty proxy, call this in the handler of a server that dials the target.
   *
   * @param a - A connection that you do not read or write from now on.
   * @param b - Another one.
   * @throws `ReaderBusyError` if one of them has an active read.
   */
  between(a: Connection, b: Connection, { scheduler = asyncScheduler }: FaultOptions = {}): FaultRun {
    const seed = this.nextSeed();
    this.runs++;
    return new FaultRun(seed, this.plan, a, b, scheduler, this.runs);
  }

  /**
   * A connection with faults on the way to its peer. The bytes that you write are `a->b` in the log.
   *
   * @param connection - The underlying connection, which you do not read or write from now on.
   * @param options - Options of the new connection; `scheduler`.
   */
  around(connection: Connection, options: ConnectionPairOptions = {}): FaultRun & { readonly connection: Connection } {
    const [near, far] = connectionPair(options);
    return Object.assign(this.between(far, connection, options), { connection: near });
  }

  /**
   * Two ends in memory with faults in between. The bytes of the client are `a->b` in the log.
   *
   * @param options - Options of both ends. With a `scheduler` everything happens in its time.
   */
  pair(options: ConnectionPairOptions = {}): FaultRun & { readonly client: Connection; readonly server: Connection } {
    const ends = { ...drawTightness(this.nextSeed(), this.plan, options), ...options };
    const [client, a] = connectionPair(ends);
    const [server, b] = connectionPair(ends);
    return Object.assign(this.between(a, b, options), { client, server });
  }

  /** The seed of the next run. */
  private nextSeed(): number {
    return this.runs === 0 ? this.seed : mixSeed(this.seed, this.runs + 100);
  }
}

/** A tight connection takes few bytes at once, and a few more make its writer ask for a pause. All numbers are drawn in any case. */
function drawTightness(
  seed: number,
  { tight }: FullPlan,
  { maxQueued = Number.POSITIVE_INFINITY }: ConnectionPairOptions,
): Pick<ConnectionPairOptions, 'capacity' | 'highWaterMark'> {
  const draw = random(mixSeed(seed, 3));
  const [dice, capacity, highWaterMark] = [draw(2 ** 32) / 2 ** 32, 1 + draw(256), 1 + draw(64)];
  return dice < tight ? { capacity, highWaterMark: Math.min(highWaterMark, maxQueued) } : {};
}
