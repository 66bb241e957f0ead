import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** What an output needs of its transport. */
export interface OutputOwner {
  /** The stream has refused a write. */
  refused(error: Error): void;
}

/**
 * Writes to a Node stream, one batch at a time, and knows at once whether the kernel has taken all of it.
 *
 * A socket tries to hand over what it is given before `write` returns, and nearly always can. Its callback comes a turn of the
 * microtasks later all the same, so callbacks for batches that were answered already are counted, and skipped.
 */
export class StreamOutput {
  private done: (() => void) | undefined;
  /** How many callbacks are still to come for batches that were answered at once. */
  private answered = 0;
  private readonly written: (error?: Error | null) => void;

  constructor(
    private readonly stream: Duplex,
    owner: OutputOwner,
  ) {
    this.written = (error) => {
      if (this.answered > 0) {
        this.answered--;
        return;
      }
      const { done } = this;
      this.done = undefined;
      if (error) owner.refused(error);
      else done?.();
    };
  }

  /** Whether a stream is a socket without TLS, which writes at once, and never calls back from inside of a write. */
  static isPrompt(stream: Duplex): boolean {
    const { encrypted, resetAndDestroy } = stream as Partial<TLSSocket>;
    return resetAndDestroy !== undefined && !encrypted;
  }

  /** Writes a batch; `done` once it is handed to the kernel. */
  write(chunks: readonly Uint8Array[], done: () => void): void {
    const { stream } = this;
    const last = chunks.length - 1;
    this.done = done;
    if (last > 0) stream.cork();
    for (let i = 0; i < last; i++) stream.write(chunks[i]);
    stream.write(chunks[last], this.written);
    if (last > 0) stream.uncork();
  }

  /** The same. True if the kernel has taken all of it: `done` is not called then. */
  offer(chunks: readonly Uint8Array[], done: () => void): boolean {
    this.write(chunks, done);
    const { stream } = this;
    // One that is destroyed has nothing to write either.
    if (stream.writableLength > 0 || !stream.writable) return false;
    this.done = undefined;
    this.answered++;
    return true;
  }
}
