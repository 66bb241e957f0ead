import type { ConnectionOptions } from '../connection/ConnectionOptions';

/** What is left of options for Node when those of our connections are taken out, some of which it has under the same name. */
export function withoutConnectionOptions<T extends ConnectionOptions>(options: T): Omit<T, keyof ConnectionOptions> {
  const { limit, highWaterMark, maxQueued, idleTimeout, readIdleTimeout, writeIdleTimeout, frameTimeout, ...rest } =
    options;
  return rest;
}
