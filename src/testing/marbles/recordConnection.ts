import { assertByteCount } from '../../argumentChecks';
import type { Connection } from '../../connection/Connection';
import { Recording } from './Recording';

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
  return new Recording(connection, limit);
}
