import { StreamWriter } from '../../src/writing/StreamWriter';
import { handTransport } from './handTransport';

/** A writer whose kernel takes nothing until a spec says so. */
export interface HandFedWriter {
  writer: StreamWriter;
  /** The kernel takes what it was given, and is given what waits. */
  takeAll(): void;
  /** What the kernel has taken. */
  taken: string[];
}

export function handFedWriter({ highWaterMark = 64 * 1024 } = {}): HandFedWriter {
  const transport = handTransport();
  const taken: string[] = [];
  const owner = {
    close: async () => {},
    destroy: (error?: unknown) => writer.lose('Cannot write: destroyed', error),
    info: () => undefined,
    onWritingEnded: () => taken.push('FIN'),
    onProgress: () => {},
    onThrown: (error: unknown) => {
      throw error;
    },
    closed: Promise.resolve(),
  };
  const writer: StreamWriter = new StreamWriter(transport, owner, highWaterMark, 1 << 24);
  function takeAll(): void {
    // Flushes what waits, then hands over what was flushed, but not what that leads to.
    transport.turn();
    const written = transport.writes.splice(0);
    taken.push(...written);
    for (const _ of written) transport.take();
    if (written.length === 0 && transport.busy) transport.take();
  }
  return { writer, takeAll, taken };
}
