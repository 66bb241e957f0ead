import type { Case } from './Workload';

/** What is run of a case where not all is asked for: the floor and its `main` contenders; `undefined` where nothing is. */
export function mainOf(one: Case): Case | undefined {
  const { main, floor, contenders } = one;
  if (main === undefined) return one;
  if (main.length === 0) return undefined;
  const stranger = main.find((name) => contenders[name] === undefined);
  if (stranger !== undefined) throw new RangeError(`Cannot run ${stranger}: ${one.title} has no such contender`);
  const chosen = Object.entries(contenders).filter(([name]) => name === floor || main.includes(name));
  return { ...one, contenders: Object.fromEntries(chosen) };
}
