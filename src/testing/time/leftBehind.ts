import type { PromiseLog } from './PromiseLog';

/** What a failure of a synchronous run has to say of promises: `''` if nothing of the program waited for one. */
export function leftBehind(promises: PromiseLog | undefined): string {
  const left = promises?.left ?? [];
  if (left.length === 0) return '';
  const lines = left.slice(0, 5).map((place) => `  ${place}`);
  return [
    'Promises were waited for, and virtual time was over before they went on:',
    ...lines,
    'Make the function of the test async, and await the run: time then waits for promises.',
  ].join('\n');
}
