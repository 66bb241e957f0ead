import type { Workload } from '../support/Workload';
import { workload as echo } from './echo';
import { workload as frames } from './frames';
import { workload as lines } from './lines';
import { workload as pingPong } from './pingPong';
import { workload as proxy } from './proxy';

/** All of them, in the order in which they run. */
export const workloads: readonly Workload[] = [lines, frames, echo, pingPong, proxy];
