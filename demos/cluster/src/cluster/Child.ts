import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';

/** All that run. Whatever happens to this process, they end with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process of the cluster. */
export class Child {
  private constructor(
    readonly name: string,
    readonly process: ChildProcess,
  ) {
    running.add(process);
    process.once('exit', () => running.delete(process));
  }

  /** Another program. Its last lines of errors are kept for the message if it ends too early. */
  static program(name: string, path: string, args: readonly string[], env: NodeJS.ProcessEnv): Child {
    const child = new Child(name, spawn(path, args, { env, stdio: ['ignore', 'ignore', 'pipe'] }));
    child.process.stderr?.on('data', (chunk: Buffer) => {
      child.output = `${child.output}${chunk}`.slice(-2_000);
    });
    return child;
  }

  /** A program of ours, which sends messages. */
  static worker(name: string, file: string, args: readonly string[]): Child {
    return new Child(name, fork(file, args, { stdio: 'inherit' }));
  }

  output = '';

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Sends a signal, and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.ended) return;
    const gone = once(this.process, 'exit');
    this.signal(signal);
    await gone;
  }
}
