import type { Onlooker } from '../observing/Onlooker';

/** What a writer needs from its connection. */
export interface WriterOwner {
  /** Sees what happens; absent on nearly all connections. */
  readonly onlooker?: Onlooker | undefined;
  close(): Promise<unknown>;
  destroy(error?: unknown): void;
  info(name: string): unknown;
  /** Everything was written, and FIN is with the kernel. */
  onWritingEnded(): void;
  /** More bytes are with the kernel. */
  onProgress(): void;
  /** More bytes wait than the owner has asked for. */
  onGrown(): void;
  /** Pressure has begun or is over. */
  onPressure?(on: boolean): void;
  /** A consumer has thrown in a callback. */
  onThrown(error: unknown): void;
  readonly closed: Promise<unknown>;
}
