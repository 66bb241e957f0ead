import type { StreamReader } from '../reading/StreamReader';

/** Which readers a flow operator holds. */
export interface PauseOptions {
  /**
   * The reader, or readers, to hold. Default: the reader that the value comes from. An empty list holds none, so a slow
   * consumer does not slow its source down. Then `maxBuffered`, if the operator has it, limits the values that wait.
   */
  readonly source?: StreamReader | readonly StreamReader[] | undefined;
}
