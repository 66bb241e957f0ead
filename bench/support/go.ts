import type { Program } from './Workload';

/** Where the bench puts the program that it compiles of `bench/peers/goSockets.go`. */
export const GO_PROGRAM = 'build/bench/goSockets';

/** That program: without a Go compiler there is none, and the row is missing. */
export function go(handler: 'lines' | 'text' | 'frames' | 'echo' | 'bulk'): Program {
  return { command: GO_PROGRAM, args: [handler] };
}
