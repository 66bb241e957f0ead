import { Child } from './Child';
import type { RunningContender } from './Workload';

/** The process of a contender. It tells `listening` with its port, then what comes of its connections. */
export function startContender({ workload, case: id, name, contender }: RunningContender, core?: number): Child {
  if (typeof contender === 'function') return Child.node('contender', [workload, id, name], core);
  return Child.program(contender.command, contender.args, core);
}

export interface Listening {
  readonly type: 'listening';
  readonly port: number;
}
