import type { Connection } from '../../connection/Connection';
import type { ConnectionOptions } from '../../connection/ConnectionOptions';

/**
 * Makes the two ends of a connection, and optionally a function that cleans up. The check is about `near`. Both ends must use
 * the given options, if they take any.
 */
export type ConnectionFactory = (options: ConnectionOptions) => ConnectionEnds | PromiseLike<ConnectionEnds>;

/** Two ends, and optionally a function that is called after both are destroyed. */
export type ConnectionEnds = readonly [near: Connection, far: Connection, release?: () => unknown];

/** Options of a check. */
export interface CheckOptions {
  /** How long a check may take, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
  /** Whether a peer can see a reset as a reset: a Unix socket or another Duplex has none. Default `true`. */
  readonly resets?: boolean | undefined;
  /**
   * More bytes than fit between the two ends while one of them does not read. Default 8 MiB. A proxy in between has buffers of the
   * kernel on both of its sides: it needs more. At most 16 MiB minus one.
   */
  readonly tooMuch?: number | undefined;
}

/** One thing that must hold for a connection. */
export interface ConnectionCheck {
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Runs the check. Rejects with an error that says what does not hold. */
  run(factory: ConnectionFactory, options?: CheckOptions): Promise<void>;
}
