/** What the benches share: processes of their own, memory over time, and numbers for people. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { PeerMessage, PeerOptions } from './oldPeer';

export const MIB = 1024 * 1024;

/** A peer that was started. */
export interface Peer {
  readonly process: ChildProcess;
  /** Where it listens. */
  readonly port: Promise<number>;
  /** How many bytes its kernel has taken, as it told last. */
  sent(): number;
  readonly done: Promise<{ received: number; right: boolean }>;
}

export function startPeer(options: PeerOptions): Peer {
  const child = fork(join(__dirname, 'oldPeer.js'), [JSON.stringify(options)]);
  let sent = 0;
  const message = <T extends PeerMessage['type']>(type: T) =>
    new Promise<Extract<PeerMessage, { type: T }>>((resolve) => {
      child.on('message', (told: PeerMessage) => {
        if (told.type === type) resolve(told as Extract<PeerMessage, { type: T }>);
      });
    });
  child.on('message', (told: PeerMessage) => {
    if (told.type === 'sent') sent = told.bytes;
  });
  return {
    process: child,
    port: message('listening').then(({ port }) => port),
    sent: () => sent,
    done: message('done'),
  };
}

/** Runs this bench's file again with an argument, in a process of its own; what it tells is the result. */
export function inOwnProcess<T>(
  file: string,
  argument: string,
  onPort?: (port: number, child: ChildProcess) => void,
): Promise<T> {
  const child = fork(file, [argument], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.on('message', (told: { port: number } | { result: T }) => {
      if ('port' in told) onPort?.(told.port, child);
      else resolve(told.result);
    });
    child.on('exit', (code) => reject(new Error(`Cannot finish ${argument}: exit code ${code}`)));
  });
}

export function tellResult(result: unknown): void {
  process.send?.({ result }, () => process.exit());
}

/** Resident memory of this process, looked at every 20 ms. */
export class Memory {
  private readonly samples: number[] = [];
  private readonly timer = setInterval(() => this.samples.push(process.memoryUsage.rss()), 20).unref();
  readonly atStart: number;

  constructor() {
    globalThis.gc?.();
    this.atStart = process.memoryUsage.rss();
  }

  /** The most until now, in bytes. */
  get peak(): number {
    return Math.max(this.atStart, process.memoryUsage.rss(), ...this.samples);
  }

  /** In MiB: at the start, the most in the first tenth (where the engine warms up), and the most after that. */
  stop(): { start: number; warm: number; peak: number } {
    clearInterval(this.timer);
    const { samples } = this;
    samples.push(process.memoryUsage.rss());
    const tenth = Math.ceil(samples.length / 10);
    const most = (from: number, to: number) => Math.max(0, ...samples.slice(from, to)) / MIB;
    return { start: this.atStart / MIB, warm: most(0, tenth), peak: most(tenth, samples.length) };
  }
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number;
}

/** A line of columns: the first 34 characters wide, the others 12. */
export function row(first: string, ...others: (string | number)[]): void {
  const cell = (value: string | number) => (typeof value === 'number' ? value.toFixed(value < 10 ? 2 : 0) : value);
  console.log(first.padEnd(34) + others.map((value) => cell(value).padStart(12)).join(''));
}
