import { eventLoop } from '../../src/eventLoop';
import { StreamReader } from '../../src/reading/StreamReader';

/** A reader that a spec feeds by hand, and its requests to its upstream. */
export interface HandFed {
  reader: StreamReader;
  push(...chunks: (string | Uint8Array)[]): void;
  end(): void;
  fail(error: unknown): void;
  /** `'pause'` and `'resume'`, in order. */
  asked: string[];
}

/**
 * @param waits - Whether the reader may yield the turn to others. If not, it delivers everything while the spec feeds
 * it.
 */
export function handFed(limit?: number, waits = false): HandFed {
  const asked: string[] = [];
  const reader = new StreamReader(limit, {
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    nextTurn: (task) => waits && eventLoop.nextTurn(task),
  });
  return {
    reader,
    push: (...chunks) => {
      for (const chunk of chunks) reader.input.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    },
    end: () => reader.input.end(),
    fail: (error) => reader.input.fail(error),
    asked,
  };
}
