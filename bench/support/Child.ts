import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { NotInstalled } from './NotInstalled';
import type { Told } from './Workload';

/** How long to wait for a message of a process, in milliseconds. */
const PATIENCE = 120_000;

/** A process of the bench. Its messages are kept until they are asked for. */
export class Child {
  private readonly process: ChildProcess;
  private readonly told: Told[] = [];
  private look: (() => void) | undefined;
  private over: Error | undefined;

  /** Starts a compiled file of the bench, pinned to a core if one is given. `flags` are flags of the engine. */
  static node(file: string, args: readonly string[], core?: number, flags: readonly string[] = []): Child {
    return new Child(process.execPath, ['--expose-gc', ...flags, join(__dirname, `../${file}.js`), ...args], core);
  }

  /** Starts another program. It writes lines of JSON to the descriptor in `NODE_CHANNEL_FD`, as Node does. */
  static program(command: string, args: readonly string[], core?: number): Child {
    return new Child(command, args, core);
  }

  private readonly command: string;

  private constructor(command: string, args: readonly string[], core: number | undefined) {
    this.command = [command, ...args].join(' ');
    const [file, all] = core === undefined ? [command, args] : ['taskset', ['-c', `${core}`, command, ...args]];
    this.process = spawn(file, all, { stdio: ['ignore', 2, 2, 'ipc'] });
    const end = (error: Error) => {
      this.over ??= error;
      this.look?.();
    };
    this.process.on('error', (error: NodeJS.ErrnoException) => {
      end(error.code === 'ENOENT' ? new NotInstalled(command) : error);
    });
    this.process.on('exit', (code, signal) => {
      // The exit code of `taskset`, as of a shell, for an unknown command.
      if (code === 127) end(new NotInstalled(command));
      else end(new Error(`Cannot go on: ${this.command} ended with ${signal ?? code}`));
    });
    this.process.on('message', (message: Told) => {
      this.told.push(message);
      this.look?.();
    });
  }

  /** The next message of this type, which may have come already. Rejects if the process ends or hangs. */
  next<T extends Told>(type: T['type'], patience = PATIENCE): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const hangs = new Error(`Cannot go on: there was no ${type} from ${this.command} for ${patience / 1000} s`);
      const timer = setTimeout(() => reject(hangs), patience);
      this.look = () => {
        const index = this.told.findIndex((told) => told.type === type);
        const missing = this.told.find((told) => told.type === 'not installed') as { peer: string } | undefined;
        if (index >= 0) resolve(this.told.splice(index, 1)[0] as T);
        else if (missing !== undefined) reject(new NotInstalled(missing.peer));
        else if (this.over !== undefined) reject(this.over);
        else return;
        clearTimeout(timer);
        this.look = undefined;
      };
      this.look();
    });
  }

  tell(message: Told): void {
    this.process.send?.(message);
  }

  /** Ends the process, if it runs. Resolves once it is gone. */
  async end(): Promise<void> {
    if (this.over !== undefined) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }
}
