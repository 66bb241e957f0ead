import type { Readable, Writable } from 'node:stream';

/** An output that may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** An input that may be a terminal. */
export interface InputStream extends Readable {
  readonly isTTY?: boolean | undefined;
  setRawMode?(on: boolean): unknown;
}

/** What the command has of its process. A spec gives its own. */
export interface CommandIo {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly folder: string;
  /** Calls back for each SIGINT and SIGTERM. Returns the function that ends that. */
  onSignal(listener: () => void): () => void;
}
