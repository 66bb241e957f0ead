import type { Workload } from '../support/Workload';
import { workload as frames } from './frames';
import { workload as lines } from './lines';

/** All of them, in the order in which they run. */
export const workloads: readonly Workload[] = [lines, frames];
