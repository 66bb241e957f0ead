import { StreamWriter } from '../../src/StreamWriter';
import type { Transport } from '../../src/Transport';

/** A writer whose kernel takes nothing until a spec says so. */
export interface HandFedWriter {
  writer: StreamWriter;
  /** The kernel takes what it was given, and is given what waits. */
  takeAll(): void;
  /** What the kernel has taken. */
  taken: string[];
}

export function handFedWriter({ highWaterMark = 64 * 1024 } = {}): HandFedWriter {
  const taken: string[] = [];
  let tasks: (() => void)[] = [];
  const transport = {
    defer: (task: () => void) => tasks.push(task),
    write: (chunks: readonly Uint8Array[], done: () => void) =>
      tasks.push(() => {
        taken.push(Buffer.concat(chunks).toString());
        done();
      }),
    end: (done: () => void) => tasks.push(done),
  } as unknown as Transport;
  const owner = {
    close: async () => {},
    destroy: (error?: unknown) => writer.lose('Cannot write: destroyed', error),
    info: () => undefined,
    onWritingEnded: () => taken.push('FIN'),
    onProgress: () => {},
    closed: Promise.resolve(),
  };
  const writer: StreamWriter = new StreamWriter(transport, owner, highWaterMark, 1 << 24);
  function takeAll(): void {
    // Flushes what waits, then hands over what was flushed, but not what that leads to.
    for (let round = 0; round < 2; round++) {
      const now = tasks;
      tasks = [];
      for (const task of now) task();
    }
  }
  return { writer, takeAll, taken };
}
