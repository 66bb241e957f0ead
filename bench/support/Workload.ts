/** What the suite is made of: workloads of cases, and in each case contenders that are measured next to a floor. */
import type { BlockSpec } from './blocks';
import type { Cores } from './cores';

export interface Workload {
  /** Of its file too. */
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

export interface Case {
  /** In its workload: `64/strings`. */
  readonly id: string;
  readonly title: string;
  /** The first one makes the ratio that is plotted. */
  readonly metrics: readonly Metric[];
  /** The contender that the others are compared with. */
  readonly floor: string;
  readonly contenders: Readonly<Record<string, Contender>>;
  /** Those that run, next to the floor, where not all is asked for: all, unless it says which. None: the case does not. */
  readonly main?: readonly string[];
  /** What a driver sends, and whether it must come back: for cases in which contenders take in a stream. */
  readonly stream?: Stream;
  /** Where runs are long: fewer rounds than other cases have. */
  readonly rounds?: number;
  /** One run. Rejects with `NotInstalled` where the machine does not have the contender. */
  run(contender: RunningContender, time: RunTime, cores: Cores | undefined): Promise<Values>;
}

export interface Stream {
  readonly spec: BlockSpec;
  /** What the length of a frame is counted in. */
  readonly as: 'bytes' | 'text';
  /** Whether all must come back. */
  readonly echo: boolean;
}

/** One number that a run gives. */
export interface Metric {
  readonly key: string;
  /** With its unit, as the head of a column. */
  readonly title: string;
  /** What the number is divided by for that column. */
  readonly unit: number;
  /** Whether its ratio to the floor says anything: yes, unless false. */
  readonly ratio?: boolean;
  /** Whether less of it is better: memory, a latency. */
  readonly less?: boolean;
}

/** What one run measured, by the keys of the metrics: without those that its contender cannot tell. */
export type Values = Readonly<Record<string, number>>;

/** How long a run warms up and is measured, in milliseconds. */
export interface RunTime {
  /** The first connection to a process that has just begun, if that is measured by itself. */
  readonly first?: number;
  readonly warm: number;
  readonly timed: number;
}

/**
 * In a process of its own: a server on a free port, which tells what comes of it. What the argument is for, the case knows.
 */
export type Serve = (tell: (message: Told) => void, argument: string) => Promise<Serving>;

export interface Serving {
  readonly port: number;
  close(): void;
}

/** Or another program that does so, by lines of JSON. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export type Contender = Serve | Program;

/** What processes of the bench say to one another. */
export interface Told {
  readonly type: string;
}

/** Where a contender is found, by the process that is to be it. */
export interface RunningContender {
  readonly workload: string;
  readonly case: string;
  readonly name: string;
  readonly contender: Contender;
}
