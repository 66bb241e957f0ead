import type { FrameLoop } from './FrameLoop';

/**
 * The loop whose delivery is running, the innermost of several; `undefined` outside of all.
 *
 * A value that passes an operator while this is set came, through synchronous operators only, from that loop: it is the
 * one to hold.
 */
export const runningLoop: { current: FrameLoop | undefined } = { current: undefined };
