import type { Program } from './Workload';

/** `bench/peers/asyncioStreams.py`, if `python3` is installed. The counts are numbers of connections, for `idle`. */
export function asyncio(handler: 'lines' | 'text' | 'frames' | 'echo' | 'idle', ...counts: readonly number[]): Program {
  return { command: 'python3', args: ['bench/peers/asyncioStreams.py', handler, ...counts.map(String)] };
}
