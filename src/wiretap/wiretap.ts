import { appendFileSync } from 'node:fs';
import { type Observable, Subject } from 'rxjs';
import { assertBoolean, assertByteCount } from '../argumentChecks';
import type { Connection } from '../connection/Connection';
import { ConnectionTap, type Redact } from './ConnectionTap';
import { EventRing } from './EventRing';
import { logOf } from './logOf';
import type { WireEvent } from './WireEvent';
import type { WireLog } from './WireLog';

/** Options of {@link wiretap}. */
export interface WiretapOptions {
  /** How many bytes of memory the events may take, with 256 bytes for each beside its data; about, since data is kept in blocks. Default 256 KiB, at least 1024. */
  readonly maxBytes?: number | undefined;
  /** How many bytes of each chunk are kept. Default 16 KiB, and a quarter of `maxBytes` at most. */
  readonly capture?: number | undefined;
  /**
   * False: a chunk of 4 KiB or more is kept as it is, not copied, which is the larger part of what a tap costs. Only where no code changes
   * the bytes that it reads or has written, as in a proxy. Default true.
   */
  readonly copy?: boolean | undefined;
  /**
   * Returns the bytes to keep of those that came (`'rx'`) or were written (`'tx'`). It gets a copy, cut at `capture`, of one chunk: what
   * it looks for may be cut anywhere. If it throws, nothing is kept of that chunk, and the connection goes on.
   */
  readonly redact?: Redact | undefined;
}

/** The newest events of one connection, and the ways to print them. */
export interface Wiretap extends WireLog {
  /** The events from now on. It completes after `close`, or with `stop()`. */
  readonly events$: Observable<WireEvent>;
  /**
   * Appends the events to a file if the connection breaks: if an error, a reset or a time limit ends it. They are written before
   * the program hears of the end, as the lines of `toJsonLines()`.
   *
   * @param failed - Gets the error if the file can't be written. Default: a warning of the process.
   */
  onError(file: string, failed?: (error: unknown) => void): void;
  /** Ends the tap; what it has stays. */
  stop(): void;
}

/** How many connections were tapped. */
let tapped = 0;

/**
 * Keeps the newest events of a live connection: bytes, pauses, pressure, FIN, TLS, resets. Both directions are in one log, in their order.
 *
 * The connection does not change, and pays for a copy of its bytes. What does not fit into `maxBytes` is dropped, oldest first, and a
 * `gap` says how much that is. In virtual time, the times are virtual too.
 *
 * @example
 * ```ts
 * import { connectionPair } from 'rxjs-tcp';
 * import { wiretap } from 'rxjs-tcp/wiretap';
 *
 * const [client, server] = connectionPair();
 * const tap = wiretap(client);
 * client.writer.write('PING\r\n');
 * await server.reader.readLine();
 * server.writer.write('PONG\r\n');
 * await client.reader.readLine();
 * console.log(tap.events().map(({ kind, bytes }) => `${kind} ${bytes ?? ''}`.trim()).join(', ')); // → open, tx 6, sent 6, rx 6
 * console.log(tap.toTest('script').includes("receives('PING\\r\\n')")); // → true
 * ```
 * @param connection - The connection. Unread bytes are the first that have come.
 * @param options - `maxBytes`, `capture`, `copy`, `redact`.
 * @returns The tap. It ends with the connection, and keeps what it has.
 * @throws `RangeError` or `TypeError` for invalid options.
 */
export function wiretap(connection: Connection, options: WiretapOptions = {}): Wiretap {
  const { maxBytes = 256 * 1024, capture = 16 * 1024, copy = true, redact } = options;
  assertByteCount('maxBytes', maxBytes, 1024);
  assertByteCount('capture', capture);
  assertBoolean('copy', copy);
  if (redact !== undefined && typeof redact !== 'function') {
    throw new TypeError(`Cannot redact with a value of type ${typeof redact}: it must be a function`);
  }
  const ring = new EventRing(maxBytes);
  const added$ = new Subject<WireEvent>();
  const files = new Map<string, (error: unknown) => void>();
  const end = () => {
    files.clear();
    added$.complete();
  };
  const most = Math.min(capture, Math.floor(maxBytes / 4));
  const tap = new ConnectionTap(connection, ++tapped, most, redact, copy, maxBytes, (event) => {
    ring.add(event);
    if (event.kind === 'close' && isBreak(event)) for (const [file, failed] of files) append(file, failed);
    if (added$.observed) added$.next(event);
    if (event.kind === 'close') end();
  });
  const log = logOf((from) => ring.events(from));
  const append = (file: string, failed: (error: unknown) => void) => {
    try {
      // At once: a program that does not expect the error is over soon.
      appendFileSync(file, log.toJsonLines());
    } catch (error) {
      try {
        failed(error);
      } catch {
        // The connection has nothing to do with it.
      }
    }
  };
  return {
    ...log,
    events$: added$.asObservable(),
    onError: (file, failed = warn) => {
      if (!added$.isStopped) files.set(file, failed);
    },
    stop: () => {
      tap.stop();
      end();
    },
  };
}

function isBreak({ by, error }: WireEvent): boolean {
  return error !== undefined || by === 'reset' || by === 'error' || by === 'timeout';
}

function warn(error: unknown): void {
  process.emitWarning(`Cannot write the events of a connection: ${error}`);
}
