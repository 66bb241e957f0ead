/** The process of one contender: `contender.js lines 64/strings split2`. */
import { NotInstalled } from './support/NotInstalled';
import type { Workload } from './support/Workload';

const [file, id, name, argument = ''] = process.argv.slice(2) as [string, string, string, string?];
const { cases } = (require(`./workloads/${file}`) as { workload: Workload }).workload;
const serve = cases.find((candidate) => candidate.id === id)?.contenders[name];
if (typeof serve !== 'function') throw new RangeError(`Cannot serve ${name}: ${file} ${id} has no such contender`);

const tell = (message: object) => void process.send?.(message);
// It ends with the bench.
process.on('disconnect', () => process.exit());
serve(tell, argument).then(
  ({ port }) => tell({ type: 'listening', port }),
  (error: unknown) => {
    if (!(error instanceof NotInstalled)) throw error;
    tell({ type: 'not installed', peer: error.peer });
  },
);
