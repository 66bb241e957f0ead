import type { SchedulerLike } from 'rxjs';
import { assertTimeout } from '../../argumentChecks';
import { PeerScript } from './PeerScript';

/** Options of {@link scriptedPeer}. */
export interface ScriptedPeerOptions {
  /**
   * The scheduler that plays the script, and throws a failure. Default: RxJS's clock, which is virtual inside
   * `TestScheduler.run`.
   */
  readonly scheduler?: SchedulerLike | undefined;
  /** How many milliseconds each step waits for its bytes. Default 2000; with a `scheduler` 0: for ever. */
  readonly timeout?: number | undefined;
}

/**
 * The peer's side of a conversation, as a script.
 *
 * A script is played once: in memory with `connect()`, which returns the connection for the code under test, or on an existing
 * connection with `on(connection)`. The other side must send what the script receives, in this order and nothing else, in any
 * chunks. Anything else fails: `done` rejects with an `AssertionError` that shows the step, and the expected and the seen bytes.
 * `verify()` throws that error. In memory, pending reads and writes of the connection fail with it too; on a socket they fail
 * with a reset. So no code waits for bytes that never come.
 *
 * @example
 * ```ts
 * import { scriptedPeer } from 'rxjs-tcp/testing';
 *
 * const peer = scriptedPeer().receives('PING\r\n').sends('PONG\r\n').receivesFin();
 * const connection = peer.connect();
 * connection.writer.write('PING\r\n');
 * console.log(`${await connection.reader.readLine()}`.trimEnd()); // → PONG
 * await connection.close();
 * await peer.done;
 * ```
 * @param options - `scheduler`, and `timeout` in milliseconds.
 * @returns A script without steps. Each method adds a step and returns the script.
 * @throws `TypeError` or `RangeError` for invalid options.
 */
export function scriptedPeer(options: ScriptedPeerOptions = {}): PeerScript {
  const { scheduler, timeout = scheduler === undefined ? 2000 : 0 } = options;
  assertTimeout('timeout', timeout);
  if (scheduler !== undefined && typeof scheduler?.schedule !== 'function') {
    throw new TypeError(`Cannot use ${String(scheduler)} as scheduler: it must be a scheduler of RxJS`);
  }
  return new PeerScript(timeout, scheduler);
}
