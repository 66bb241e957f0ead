import type { StreamReader } from '../reading/StreamReader';

/** Which readers a flow operator holds. */
export interface PauseOptions {
  /**
   * The reader, or readers, to hold. Default: the one that the value comes from. An empty list holds none, so that a slow
   * consumer does not slow its source down: what can't be passed on is then bounded by `maxBuffered`, where there is one.
   */
  readonly source?: StreamReader | readonly StreamReader[] | undefined;
}
