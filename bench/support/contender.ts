/** The process of one contender: `contender.js lines 64/strings split2`. */
import { NotInstalled } from './NotInstalled';
import type { Workload } from './Workload';

const [file, id, name] = process.argv.slice(2) as [string, string, string];
const { cases } = (require(`../workloads/${file}`) as { workload: Workload }).workload;
const serve = cases.find((candidate) => candidate.id === id)?.contenders[name];
if (typeof serve !== 'function') throw new RangeError(`Cannot serve ${name}: ${file} ${id} has no such contender`);

const tell = (message: object) => void process.send?.(message);
serve(tell).then(
  (port) => tell({ type: 'listening', port }),
  (error: unknown) => {
    if (!(error instanceof NotInstalled)) throw error;
    tell({ type: 'not installed', peer: error.peer });
  },
);
