import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';

/** Whether a program can be started and, if `says` is given, prints that text. */
export function hasProgram(program: string, args: string[], says = ''): boolean {
  const { error, output } = spawnSync(program, args, { timeout: 10_000, encoding: 'utf8' });
  return error === undefined && output.join('').includes(says);
}

/** A running program, and its result. */
export interface Run {
  child: ChildProcessWithoutNullStreams;
  /** The first line of its output. */
  firstLine: Promise<string>;
  /** Its whole output, once it has ended; rejects with its error output if it failed. */
  output: Promise<string>;
  /** Ends it, if it has not ended itself. */
  stop(): Promise<void>;
}

/** Starts a program, which has 25 seconds. */
export function run(program: string, ...args: string[]): Run {
  const child = spawn(program, args, { timeout: 25_000, killSignal: 'SIGKILL' });
  let [said, complained] = ['', ''];
  let settleLine = () => {};
  const firstLine = new Promise<string>((resolve, reject) => {
    settleLine = () => {
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')));
      else if (child.exitCode !== null) reject(new Error(`Cannot go on: ${program} said nothing but ${complained}`));
    };
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const output = ended.then(() => {
    settleLine();
    if (child.exitCode === 0) return said;
    throw new Error(
      `Cannot go on: ${program} ended with ${child.exitCode ?? child.signalCode}, and said ${complained}`,
    );
  });
  // A caller that only awaits the first line gets the error there.
  firstLine.catch(() => {});
  output.catch(() => {});
  child.stdin.on('error', () => {});
  child.stdout.on('data', (chunk) => {
    said += chunk;
    settleLine();
  });
  child.stderr.on('data', (chunk) => {
    complained += chunk;
  });
  return {
    child,
    firstLine,
    output,
    stop: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
