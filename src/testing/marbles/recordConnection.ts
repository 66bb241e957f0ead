import { assertByteCount } from '../../argumentChecks';
import type { Connection } from '../../connection/Connection';
import { ConnectionTap } from '../../wiretap/ConnectionTap';
import { Recording } from '../../wiretap/marbles/Recording';

/** Options of {@link recordConnection}. */
export interface RecordOptions {
  /** How many bytes of both directions together are kept. Then the recording stops. Default 1 MiB. */
  readonly limit?: number | undefined;
}

/**
 * Records the traffic of a connection from now on, for a replay by `scriptedPeer` or `marbleConnection`.
 *
 * Record once with the real server, then replay in milliseconds without it: the recording prints itself as code. The connection
 * does not change: its reads and writes go on as before, through STARTTLS too. `stop()` ends the recording.
 *
 * @example
 * ```ts
 * import { connectionPair, recordConnection } from 'rxjs-tcp/testing';
 *
 * const [client, server] = connectionPair();
 * const recording = recordConnection(client);
 * server.writer.write('hello\n');
 * await client.reader.readLine();
 * console.log(recording.incoming); // → …a
 * console.log(`${recording.values.a}`.trimEnd()); // → hello
 * ```
 * @param connection - The connection. Both directions are recorded, beginning with the unread bytes.
 * @param options - `limit` in bytes.
 * @returns The recording. It grows while the connection goes on.
 * @throws `RangeError` or `TypeError` for an invalid limit.
 */
export function recordConnection(connection: Connection, options: RecordOptions = {}): Recording {
  const { limit = 1024 * 1024 } = options;
  assertByteCount('limit', limit, 1);
  let tap: ConnectionTap | undefined;
  const recording = new Recording(limit, () => {
    if (tap === undefined) return;
    tap.capture = 0;
    tap.stop();
  });
  tap = new ConnectionTap(connection, 1, limit, undefined, true, undefined, (event) => {
    recording.add(event);
    // Once it is full it copies nothing.
    if (tap !== undefined && recording.truncated) tap.capture = 0;
    if (event.kind === 'close' && !recording.truncated) recording.broken = connection.ended?.error;
  });
  return recording;
}
