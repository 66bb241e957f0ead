/**
 * Every error class of the library, each with a literal `code` and its numbers as fields.
 *
 * A class exists only for what callers catch. System errors (`ECONNREFUSED`, `ECONNRESET`, `EADDRINUSE`…) are never
 * wrapped, except as the `cause` of a {@link ConnectionClosedError}; bad arguments are plain `TypeError`s and
 * `RangeError`s, thrown at the call.
 */

/**
 * The stream ended inside a frame. What was there is in `partial`: it is consumed, and the reader is at its end.
 *
 * @example
 * ```ts
 * import { IncompleteReadError, StreamReader } from 'rxjs-tcp';
 *
 * try {
 *   await StreamReader.from([Buffer.from('hi')]).readExactly(3);
 * } catch (error) {
 *   if (error instanceof IncompleteReadError) console.log(`${error.partial}`, error.expected); // → hi 3
 * }
 * ```
 */
export class IncompleteReadError extends Error {
  readonly code = 'ERR_INCOMPLETE_READ';
  override readonly name = 'IncompleteReadError';

  /**
   * @param partial - The bytes of the unfinished frame.
   * @param expected - How many bytes the frame has, or `null` where only a separator would have told.
   */
  constructor(
    readonly partial: Buffer,
    readonly expected: number | null,
  ) {
    super(
      expected === null
        ? `Cannot read a whole frame: the stream ended after ${partial.length} bytes of it`
        : `Cannot read ${expected} bytes: the stream ended after ${partial.length}`,
    );
  }
}

/**
 * A line, a record or a whole stream is longer than its limit.
 *
 * @example
 * ```ts
 * import { LimitOverrunError, StreamReader } from 'rxjs-tcp';
 *
 * try {
 *   await StreamReader.from([Buffer.from('too long\n')]).readLine({ limit: 5 });
 * } catch (error) {
 *   if (error instanceof LimitOverrunError) console.log(error.limit, error.consumed); // → 5 8
 * }
 * ```
 */
export class LimitOverrunError extends Error {
  readonly code = 'ERR_LIMIT_OVERRUN';
  override readonly name = 'LimitOverrunError';

  /**
   * @param limit - The limit, in bytes; a separator is not counted.
   * @param consumed - How many bytes, from the start of the frame, hold no separator: they can be skipped without losing one.
   */
  constructor(
    readonly limit: number,
    readonly consumed: number,
  ) {
    super(`Cannot read the frame: at least ${consumed} bytes come before its end, and the limit is ${limit}`);
  }
}

/**
 * The bytes break the rules of their framing or encoding.
 *
 * @example
 * ```ts
 * import { firstValueFrom } from 'rxjs';
 * import { decode, InvalidFrameError, ndjson, StreamReader } from 'rxjs-tcp';
 *
 * const reader = StreamReader.from([Buffer.from('{"id":}\n')]);
 * try {
 *   await firstValueFrom(reader.pipe(decode(ndjson())));
 * } catch (error) {
 *   if (error instanceof InvalidFrameError) console.log(error.offset); // → 6
 * }
 * ```
 */
export class InvalidFrameError extends Error {
  readonly code = 'ERR_INVALID_FRAME';
  override readonly name = 'InvalidFrameError';

  /**
   * @param reason - What is wrong, as the end of a sentence: `the line has a lone "\n"`.
   * @param offset - Where, in bytes from the start of the frame.
   * @param doing - What can't be done with the frame.
   */
  constructor(
    reason: string,
    readonly offset: number,
    doing: 'decode' | 'encode' = 'decode',
  ) {
    super(`Cannot ${doing} the frame: ${reason} at byte ${offset}`);
  }
}

/**
 * Somebody reads already: a `StreamReader` serves one subscription or promise at a time.
 *
 * @example
 * ```ts
 * import { connectionPair, ReaderBusyError } from 'rxjs-tcp';
 *
 * const [{ reader }, { writer }] = connectionPair();
 * const line = reader.readLine();
 * await reader.readLine().catch((error) => console.log(error instanceof ReaderBusyError)); // → true
 * writer.write('for the first\n');
 * console.log(`${await line}`.trimEnd()); // → for the first
 * ```
 */
export class ReaderBusyError extends Error {
  readonly code = 'ERR_READER_BUSY';
  override readonly name = 'ReaderBusyError';

  constructor() {
    super('Cannot read: another subscription or read of this reader is active');
  }
}

/**
 * The connection, or the direction that was asked for, is closed; `cause` is the system error that did it, if one did.
 *
 * @example
 * ```ts
 * import { ConnectionClosedError, connectionPair } from 'rxjs-tcp';
 *
 * const [client] = connectionPair();
 * client.destroy(new Error('enough'));
 * try {
 *   client.writer.write('hello\n');
 * } catch (error) {
 *   if (error instanceof ConnectionClosedError) console.log(`${error.cause}`); // → Error: enough
 * }
 * ```
 */
export class ConnectionClosedError extends Error {
  readonly code = 'ERR_CONNECTION_CLOSED';
  override readonly name = 'ConnectionClosedError';
  /** From the writer: how many bytes it had taken that were not handed to the kernel. */
  readonly discarded: number;

  /**
   * @param message - The whole message: `Cannot write: the connection was reset by the peer`.
   * @param options - `cause`: the error that ended the connection; `discarded`, in bytes.
   */
  constructor(message: string, options?: { cause?: unknown; discarded?: number | undefined }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.discarded = options?.discarded ?? 0;
  }
}

/**
 * A buffer that may not grow for ever is full: the write queue, or the bytes of a source that can't be paused.
 *
 * @example
 * ```ts
 * import { BufferOverflowError, connectionPair } from 'rxjs-tcp';
 *
 * const [{ writer }] = connectionPair({ maxQueued: 4 });
 * writer.write('hello');
 * try {
 *   writer.write('!');
 * } catch (error) {
 *   if (error instanceof BufferOverflowError) console.log(error.limit, error.buffered); // → 4 5
 * }
 * ```
 */
export class BufferOverflowError extends Error {
  readonly code = 'ERR_BUFFER_OVERFLOW';
  override readonly name = 'BufferOverflowError';

  /**
   * @param limit - How many bytes may wait.
   * @param buffered - How many wait.
   */
  constructor(
    readonly limit: number,
    readonly buffered: number,
  ) {
    super(`Cannot buffer more: ${buffered} bytes wait already, and the limit is ${limit}`);
  }
}

/** What a {@link SocketTimeoutError} may be about. */
export type SocketWait =
  | 'connect'
  | 'handshake'
  | 'read'
  | 'write'
  | 'idle'
  | 'read-idle'
  | 'write-idle'
  | 'frame'
  | 'close'
  | 'handler';

const WAITS: Readonly<Record<SocketWait, string>> = {
  connect: 'the connection',
  handshake: 'the TLS handshake',
  read: 'the read',
  write: 'the write',
  idle: 'silence on the connection',
  'read-idle': 'silence of the peer',
  'write-idle': 'a peer that takes nothing',
  frame: 'an unfinished frame',
  close: 'the end of the connection',
  handler: 'the handler of a connection that has gone',
};

/**
 * Something on a socket took longer than it was given.
 *
 * @example
 * ```ts
 * import { connectionPair, SocketTimeoutError } from 'rxjs-tcp';
 *
 * const [{ reader }] = connectionPair();
 * try {
 *   await reader.readLine({ timeout: 10 });
 * } catch (error) {
 *   if (error instanceof SocketTimeoutError) console.log(error.what, error.timeout); // → read 10
 * }
 * ```
 */
export class SocketTimeoutError extends Error {
  readonly code = 'ERR_SOCKET_TIMEOUT';
  override readonly name = 'SocketTimeoutError';

  /**
   * @param what - What took too long.
   * @param timeout - What it was given, in milliseconds.
   */
  constructor(
    readonly what: SocketWait,
    readonly timeout: number,
  ) {
    super(`Cannot wait longer: ${WAITS[what]} took more than ${timeout} ms`);
  }
}

/**
 * Bytes that arrived in the clear wait where no handshake gets them, and the connection is about to upgrade to TLS: an
 * injection. They are in the reader of a client, or behind an operator of either side.
 *
 * @example
 * ```ts
 * import { openConnection, PlaintextPendingError, startServer } from 'rxjs-tcp';
 *
 * const server = await startServer(({ writer }) => void writer.write('220 go ahead\r\ninjected\r\n'), {
 *   host: '127.0.0.1',
 *   port: 0,
 * });
 * const client = await openConnection({ host: '127.0.0.1', port: server.port });
 * await client.reader.readLine();
 * try {
 *   await client.startTls();
 * } catch (error) {
 *   if (error instanceof PlaintextPendingError) console.log(error.pending); // → 10
 * }
 * server.abortClients();
 * await server.close();
 * ```
 */
export class PlaintextPendingError extends Error {
  readonly code = 'ERR_PLAINTEXT_PENDING';
  override readonly name = 'PlaintextPendingError';

  /** @param pending - How many bytes wait; a value that an operator holds counts as 1 if it is neither a string nor bytes. */
  constructor(readonly pending: number) {
    super(`Cannot upgrade to TLS: ${pending} bytes that came in the clear are unread`);
  }
}
