/** What a writer needs of its connection. */
export interface WriterOwner {
  close(): Promise<unknown>;
  destroy(error?: unknown): void;
  info(name: string): unknown;
  /** Everything was written and FIN is handed to the kernel. */
  onWritingEnded(): void;
  /** Bytes were handed to the kernel. */
  onProgress(): void;
  /** A consumer has thrown out of a notification. */
  onThrown(error: unknown): void;
  readonly closed: Promise<unknown>;
}
