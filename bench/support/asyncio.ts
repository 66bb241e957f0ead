import type { Program } from './Workload';

/** `bench/peers/asyncioStreams.py`, where there is a `python3`. */
export function asyncio(handler: 'lines' | 'text' | 'frames' | 'echo'): Program {
  return { command: 'python3', args: ['bench/peers/asyncioStreams.py', handler] };
}
