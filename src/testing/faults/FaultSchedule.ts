/**
 * The faults of one direction, drawn from a seed.
 *
 * Strategy. Every kind of fault has its own stream of random numbers, and draws once for each piece, even if no fault follows. So
 * a decision depends only on the seed and on the position in the bytes: not on how the kernel cut them, and not on the time. And a
 * plan without one kind of fault leaves the others unchanged.
 *
 *     bytes   0 ───────── 190 ──── 301 ────────────────── 702 ───…
 *     pieces      0            1              2                      lengths: their own stream
 *     split       .            ✓              .                      one draw a piece
 *     stall       .            .              ✓ 83 ms                two draws a piece
 *     corrupt       ✓ 77                            ✓ 455            gaps between bytes: their own stream
 */

import { mixSeed } from '../mixSeed';
import { random } from '../random';
import type { FaultKind } from './FaultLog';
import type { FullPlan } from './fillFaultPlan';

/** The faults of one piece. */
export interface Piece {
  readonly position: number;
  readonly length: number;
  readonly split: boolean;
  readonly coalesce: boolean;
  /** Milliseconds. */
  readonly jitter: number;
  /** Milliseconds. */
  readonly stall: number;
}

export class FaultSchedule {
  private readonly draws: Record<'length' | 'split' | 'coalesce' | 'jitter' | 'stall' | 'corrupt', Draw>;
  private position = 0;
  private corruptAt = Number.POSITIVE_INFINITY;

  /**
   * @param seed - Of this direction.
   * @param allows - Which of the faults that are drawn happen. The others stay where they are.
   */
  constructor(
    seed: number,
    private readonly plan: FullPlan,
    private readonly allows: (position: number, kind: FaultKind) => boolean = () => true,
  ) {
    const stream = (number: number) => random(mixSeed(seed, number));
    this.draws = {
      length: stream(0),
      split: stream(1),
      coalesce: stream(2),
      jitter: stream(3),
      stall: stream(4),
      corrupt: stream(5),
    };
    if (plan.corrupt > 0) this.corruptAt = this.gap() - 1;
  }

  /** The next piece. There is no last one. */
  piece(): Piece {
    const { draws, plan, position, allows } = this;
    const length = 1 + draws.length(2 * plan.piece - 1);
    this.position += length;
    const stalled = chance(draws.stall, plan.stall);
    const stall = 1 + draws.stall(Math.max(1, Math.floor(plan.stallTime)));
    const split = chance(draws.split, plan.split);
    const coalesce = chance(draws.coalesce, plan.coalesce);
    const jitter = draws.jitter(Math.floor(plan.jitter) + 1);
    return {
      position,
      length,
      split: split && allows(position, 'split'),
      coalesce: coalesce && allows(position, 'coalesce'),
      jitter: jitter > 0 && allows(position, 'jitter') ? jitter : 0,
      stall: stalled && allows(position, 'stall') ? Math.min(stall, plan.stallTime) : 0,
    };
  }

  /**
   * Returns the same bytes, or a copy with some of them changed.
   *
   * @param position - Where the bytes begin. Each call begins where the last one ended.
   * @param changed - Called for every changed byte.
   */
  corrupted(bytes: Uint8Array, position: number, changed: (at: number, from: number, to: number) => void): Uint8Array {
    const end = position + bytes.length;
    if (this.corruptAt >= end) return bytes;
    const copy = Buffer.from(bytes);
    while (this.corruptAt < end) {
      const at = this.corruptAt - position;
      const from = copy[at] as number;
      const to = from ^ (1 << this.draws.corrupt(8));
      if (this.allows(this.corruptAt, 'corrupt')) {
        copy[at] = to;
        changed(this.corruptAt, from, to);
      }
      this.corruptAt += this.gap();
    }
    return copy;
  }

  /** The distance from one changed byte to the next, drawn for the probability of the plan. */
  private gap(): number {
    return 1 + this.draws.corrupt(Math.max(1, Math.min(2 ** 32, Math.round(2 / this.plan.corrupt) - 1)));
  }
}

type Draw = (below: number) => number;

function chance(draw: Draw, probability: number): boolean {
  return draw(2 ** 32) < probability * 2 ** 32;
}
