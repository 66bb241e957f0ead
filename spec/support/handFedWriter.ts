import { StreamWriter } from '../../src/writing/StreamWriter';
import { handTransport } from './handTransport';

/** A writer whose kernel takes nothing until a spec says so. */
export interface HandFedWriter {
  writer: StreamWriter;
  /** The kernel takes the batch in flight, and gets the waiting bytes. */
  takeAll(): void;
  /** The bytes that the kernel has taken. */
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
    onGrown: () => {},
    onThrown: (error: unknown) => {
      throw error;
    },
    closed: Promise.resolve(),
  };
  const writer: StreamWriter = new StreamWriter(transport, owner, highWaterMark, 1 << 24);
  function takeAll(): void {
    // Flushes the waiting bytes, then hands them over, but not the bytes that this leads to.
    transport.turn();
    const written = transport.writes.splice(0);
    taken.push(...written);
    for (const _ of written) transport.take();
    if (written.length === 0 && transport.busy) transport.take();
  }
  return { writer, takeAll, taken };
}
