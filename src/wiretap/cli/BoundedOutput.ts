import type { Writable } from 'node:stream';

/**
 * A stream that never slows the traffic: what comes while too much waits is refused, and the caller counts it.
 *
 * A stream that fails refuses everything from then on.
 */
export class BoundedOutput {
  /** Resolves with the error of the stream, or never. */
  readonly failed: Promise<Error>;
  private broken = false;

  constructor(
    private readonly stream: Writable,
    private readonly most: number,
  ) {
    this.failed = new Promise((resolve) => {
      stream.on('error', (error) => {
        this.broken = true;
        resolve(error);
      });
    });
  }

  /** Whether it takes something now. */
  get hasRoom(): boolean {
    return !this.broken && this.stream.writableLength < this.most;
  }

  /** Writes, if there is room. Returns whether there was. */
  write(chunk: string | Uint8Array): boolean {
    if (!this.hasRoom) return false;
    if (chunk.length > 0) this.stream.write(chunk);
    return true;
  }

  /** Resolves once everything is written, or can't be. */
  flush(): Promise<void> {
    if (this.broken) return Promise.resolve();
    return new Promise((resolve) => {
      this.stream.write('', () => resolve());
    });
  }
}
