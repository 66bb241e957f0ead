/** Whether the heavy specs run whole: `npm run test:all` sets it. */
export const ALL_RUNS = process.env.RXJS_TCP_ALL === 'true';

/** How often a heavy spec repeats what it does: a bounded number in `npm test`, the same seeds and more in `npm run test:all`. */
export function runs(bounded: number, all: number): number {
  return ALL_RUNS ? all : bounded;
}
