import type { SchedulerLike } from 'rxjs';
import { assertTimeout } from '../../checks';
import { PeerScript } from './PeerScript';

/** Options of {@link scriptedPeer}. */
export interface ScriptedPeerOptions {
  /**
   * Whose time it is played in; a failure is thrown in there too. Default: real time, or that of RxJS's clock, which is
   * virtual inside `TestScheduler.run`.
   */
  readonly scheduler?: SchedulerLike | undefined;
  /** How many milliseconds each step waits for what it is to receive. Default 2000; with a `scheduler` 0, for ever. */
  readonly timeout?: number | undefined;
}

/**
 * The peer's side of a conversation, as a script.
 *
 * It is played once: in memory with `connect()`, which gives the connection of the code that is tested, or on a
 * connection that there is, with `on(connection)`. However its bytes are cut into chunks, the other side must send what
 * the script receives, in this order and nothing else. A surprise fails: `done` rejects with an `AssertionError` that
 * shows what was expected and seen, byte by byte, and at which step; in memory whatever waits on the connection fails with
 * it too, on a socket with a reset, so that nobody waits for what never comes; and `verify()` throws it.
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
 * @returns A script without steps; each method adds one and gives the script back.
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
