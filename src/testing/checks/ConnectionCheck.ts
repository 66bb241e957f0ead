import type { Connection } from '../../connection/Connection';
import type { ConnectionOptions } from '../../connection/ConnectionOptions';

/**
 * Makes the two ends of a connection, and what has to be done when they are not needed any more, if anything: `near` is the
 * one that is checked. Both are to have the options given, as far as they have any.
 */
export type ConnectionFactory = (options: ConnectionOptions) => ConnectionEnds | PromiseLike<ConnectionEnds>;

/** Two ends; the third may be left out. Both are destroyed before it is called. */
export type ConnectionEnds = readonly [near: Connection, far: Connection, release?: () => unknown];

/** Options of a check. */
export interface CheckOptions {
  /** How long a check may take, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
  /** Whether a peer can see a reset as one: a Unix socket or another Duplex has none. Default `true`. */
  readonly resets?: boolean | undefined;
}

/** One thing that must hold for a connection. */
export interface ConnectionCheck {
  /** What it is, as a sentence. */
  readonly name: string;
  /** Rejects with an error that says what does not hold. */
  run(factory: ConnectionFactory, options?: CheckOptions): Promise<void>;
}
