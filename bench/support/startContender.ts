import { Child } from './Child';
import type { RunningContender } from './Workload';

/** Starts the process of a contender. It reports `listening` with its port, then the results of its connections. */
export function startContender(
  running: RunningContender,
  core?: number,
  argument = '',
  flags: readonly string[] = [],
): Child {
  const { workload, case: id, name, contender } = running;
  if (typeof contender === 'function') return Child.node('contender', [workload, id, name, argument], core, flags);
  return Child.program(contender.command, contender.args, core);
}

export interface Listening {
  readonly type: 'listening';
  readonly port: number;
}
