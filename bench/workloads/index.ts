import type { Workload } from '../support/Workload';
import { workload as decoders } from './decoders';
import { workload as diagnostics } from './diagnostics';
import { workload as echo } from './echo';
import { workload as fairness } from './fairness';
import { workload as flow } from './flow';
import { workload as frames } from './frames';
import { workload as idle } from './idle';
import { workload as lines } from './lines';
import { workload as longLine } from './longLine';
import { workload as micro } from './micro';
import { workload as pingPong } from './pingPong';
import { workload as protection } from './protection';
import { workload as proxy } from './proxy';
import { workload as requests } from './requests';
import { workload as slowConsumer } from './slowConsumer';
import { workload as wiretap } from './wiretap';

/** All of them, in the order in which they run. */
export const workloads: readonly Workload[] = [
  lines,
  frames,
  decoders,
  longLine,
  echo,
  pingPong,
  proxy,
  wiretap,
  flow,
  requests,
  fairness,
  diagnostics,
  slowConsumer,
  idle,
  protection,
  micro,
];
