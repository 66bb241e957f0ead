import { assertByteCount, assertTimeout } from '../../argumentChecks';
import type { FaultPlan } from './FaultPlan';

/** A plan in which everything is said. */
export type FullPlan = { readonly [name in Exclude<keyof FaultPlan, 'only'>]-?: number } & {
  /** Which of the faults happen; `undefined`: all. */
  readonly only: ReadonlySet<string> | undefined;
};

const USUAL: Omit<FullPlan, 'only'> = {
  piece: 256,
  split: 0.5,
  coalesce: 0.2,
  linger: 20,
  delay: 0,
  jitter: 5,
  stall: 0.005,
  stallTime: 100,
  throttle: 0,
  corrupt: 0,
  truncate: 0,
  halfClose: 0,
  reset: 0,
  within: 4096,
  tight: 0.3,
  capacity: 64 * 1024,
};

const PROBABILITIES = ['split', 'coalesce', 'stall', 'corrupt', 'truncate', 'halfClose', 'reset', 'tight'] as const;
const TIMES = ['linger', 'delay', 'jitter', 'stallTime'] as const;
const SIZES = ['piece', 'within', 'capacity'] as const;

/**
 * Adds the defaults to a plan.
 *
 * @throws `TypeError` or `RangeError`, with the option and its value.
 */
export function fillFaultPlan(plan: FaultPlan): FullPlan {
  const { only, ...numbers } = plan;
  const full: Record<string, number> = { ...USUAL };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(name in USUAL)) throw new TypeError(`Cannot plan ${name}: there is no such fault`);
    if (value !== undefined) full[name] = value;
  }
  const all = { ...full, only: only && readFaults(only) } as unknown as FullPlan;
  for (const name of PROBABILITIES) assertProbability(name, all[name]);
  for (const name of TIMES) assertTimeout(name, all[name]);
  for (const name of SIZES) assertByteCount(name, all[name], 1, 2 ** 30);
  assertByteCount('throttle', all.throttle);
  const endings = all.truncate + all.halfClose + all.reset;
  if (endings > 1) {
    throw new RangeError(`Cannot plan truncate, halfClose and reset with ${endings} in all: a connection ends once`);
  }
  return all;
}

const FAULT = /^(\d+: )?(a->b|b->a) byte \d+ (split|coalesce|jitter|stall|corrupt|truncate|half-close|reset)$/;

function readFaults(only: readonly unknown[]): ReadonlySet<string> {
  if (!Array.isArray(only)) throw new TypeError(`Cannot use ${String(only)} as only: it must be an array of faults`);
  for (const fault of only) {
    if (typeof fault === 'string' && FAULT.test(fault)) continue;
    throw new TypeError(`Cannot plan ${String(fault)}: a fault is written as 'a->b byte 64 split'`);
  }
  return new Set(only as readonly string[]);
}

function assertProbability(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`Cannot use ${String(value)} as ${name}: it must be a number`);
  if (!(value >= 0 && value <= 1)) throw new RangeError(`Cannot use ${value} as ${name}: it must be from 0 to 1`);
}
