import type { ReadLoop } from './ReadLoop';

/**
 * The loop whose delivery is running, the innermost of several; `undefined` outside of all.
 *
 * A value that passes an operator while this is set came, through synchronous operators only, from that loop: it is the
 * one to hold.
 */
export const runningLoop = {
  current: undefined as ReadLoop | undefined,

  /** Runs a task as if `loop` were delivering now. */
  during(loop: ReadLoop | undefined, task: () => void): void {
    const outer = runningLoop.current;
    runningLoop.current = loop;
    try {
      task();
    } finally {
      runningLoop.current = outer;
    }
  },
};
