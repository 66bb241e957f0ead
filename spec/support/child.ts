import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const isGone = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

/** Resolves once a process has ended, also if it ended before. */
export async function gone(child: ChildProcess, options: { signal?: AbortSignal } = {}): Promise<void> {
  if (!isGone(child)) await once(child, 'exit', options);
}

/**
 * The next message of a process.
 *
 * @throws Error - If the process ends without one: a spec that waited on would keep the test run alive.
 */
export async function messageFrom<T>(child: ChildProcess): Promise<T> {
  const stop = new AbortController();
  const message = once(child, 'message', stop);
  const end = gone(child, stop).then(() => {
    throw new Error(`Cannot go on: the process ended with ${child.signalCode ?? child.exitCode} and sent no message`);
  });
  // The second event is ignored.
  for (const promise of [message, end]) promise.catch(() => {});
  try {
    const [first] = await Promise.race([message, end]);
    return first as T;
  } finally {
    stop.abort();
  }
}
