/**
 * What happens to connections, as structured logs by pino. No line has a byte of the peer.
 *
 * `warn` is for what someone should look at. Peers decide how often they connect, are refused and fail, so that is `debug`, and
 * of each kind of warning there are at most some lines a second: the next line says how many were left out.
 */
import type { Logger } from 'pino';
import { errorType } from './errorType.js';
import { listenTo } from './listen.js';

/** How many lines of one kind are written in a second. */
const MOST = 10;

/**
 * Logs what happens to all connections of this process.
 *
 * @param now - The clock of the limit, in milliseconds.
 * @returns A function that stops logging.
 */
export function logConnections(logger: Logger, now = () => performance.now()): () => void {
  const seldom = { slow: new Seldom(now), failed: new Seldom(now), dialed: new Seldom(now) };
  const warn = (of: Seldom, fields: object, message: string) =>
    of.pass((omitted) => logger.warn(omitted > 0 ? { ...fields, omitted } : fields, message));

  return listenTo({
    'rxjs-tcp:server:listening': ({ server }) => logger.info({ server }, 'listening'),
    'rxjs-tcp:server:close': ({ server }) => logger.info({ server }, 'closed'),
    'rxjs-tcp:server:refused': ({ remoteAddress, remotePort, reason }) =>
      logger.debug({ remoteAddress, remotePort, reason }, 'refused'),
    'rxjs-tcp:server:failure'({ error, stage, probe, remoteAddress, remotePort }) {
      const fields = { remoteAddress, remotePort, stage, error: errorType(error) };
      if (probe) logger.debug(fields, 'probe');
      else warn(seldom.failed, fields, 'failed');
    },
    // A connection gives its addresses, state and counters to JSON, and nothing else.
    'rxjs-tcp:connection:open': ({ connection }) => logger.debug({ connection }, 'open'),
    'rxjs-tcp:connection:close': ({ connection, error }) =>
      logger.debug({ connection, ...(error !== undefined && { error: errorType(error) }) }, 'close'),
    'rxjs-tcp:connection:held': ({ connection, heldBy }) =>
      warn(seldom.slow, { connection }, `held by ${heldBy.join(' and ')}`),
    'rxjs-tcp:connection:pressure': ({ connection }) => warn(seldom.slow, { connection }, 'under pressure'),
    'tracing:rxjs-tcp:connect:error': ({ host, port, path, error }) =>
      warn(seldom.dialed, { host, port, path, error: errorType(error) }, 'not connected'),
  });
}

/** Lets some calls through in each second. */
class Seldom {
  private second = 0;
  private passed = 0;
  private omitted = 0;

  constructor(private readonly now: () => number) {}

  pass(log: (omitted: number) => void): void {
    const second = Math.floor(this.now() / 1000);
    if (second !== this.second) [this.second, this.passed] = [second, 0];
    if (this.passed >= MOST) {
      this.omitted++;
      return;
    }
    this.passed++;
    log(this.omitted);
    this.omitted = 0;
  }
}
