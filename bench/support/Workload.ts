/** The parts of the suite: workloads have cases, and each case has contenders that are measured next to a floor. */
import type { BlockSpec } from './blocks';
import type { Cores } from './cores';

export interface Workload {
  /** The name, also of its file. */
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

export interface Case {
  /** The name within its workload: `64/strings`. */
  readonly id: string;
  readonly title: string;
  /** The ratio of the first metric is plotted. */
  readonly metrics: readonly Metric[];
  /** The contender that the others are compared with. */
  readonly floor: string;
  readonly contenders: Readonly<Record<string, Contender>>;
  /** The contenders that run without `--all`, next to the floor. Default: all. An empty list: the case does not run. */
  readonly main?: readonly string[];
  /** What a driver sends, and whether it must come back: for cases whose contenders read a stream. */
  readonly stream?: Stream;
  /** For long runs: fewer rounds than other cases have. */
  readonly rounds?: number;
  /** One run. Rejects with `NotInstalled` if the contender is not installed. */
  run(contender: RunningContender, time: RunTime, cores: Cores | undefined): Promise<Values>;
}

export interface Stream {
  readonly spec: BlockSpec;
  /** The unit for the length of a frame. */
  readonly as: 'bytes' | 'text';
  /** Whether all bytes must come back. */
  readonly echo: boolean;
}

/** One number of a run. */
export interface Metric {
  readonly key: string;
  /** The head of its column, with the unit. */
  readonly title: string;
  /** The divisor of the number for that column. */
  readonly unit: number;
  /** Whether its ratio to the floor is useful. Default `true`. */
  readonly ratio?: boolean;
  /** Whether less of it is better: memory, a latency. */
  readonly less?: boolean;
}

/** The numbers of one run, by the keys of the metrics. A number that the contender does not know is absent. */
export type Values = Readonly<Record<string, number>>;

/** How long a run warms up and is measured, in milliseconds. */
export interface RunTime {
  /** The first connection to a process that has just begun, if that is measured by itself. */
  readonly first?: number;
  readonly warm: number;
  readonly timed: number;
}

/**
 * A server on a free port, in a process of its own. It reports its results. The case defines the argument.
 */
export type Serve = (tell: (message: Told) => void, argument: string) => Promise<Serving>;

export interface Serving {
  readonly port: number;
  close(): void;
}

/** Another program that does the same, with lines of JSON. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export type Contender = Serve | Program;

/** A message between two processes of the bench. */
export interface Told {
  readonly type: string;
}

/** The names by which a process finds its contender. */
export interface RunningContender {
  readonly workload: string;
  readonly case: string;
  readonly name: string;
  readonly contender: Contender;
}
