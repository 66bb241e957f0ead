/**
 * Every error class of the library, each with a literal `code` and its numbers as fields.
 *
 * Only errors that callers catch have a class. System errors (`ECONNREFUSED`, `ECONNRESET`, `EADDRINUSE`…) are never
 * wrapped, except as the `cause` of a {@link ConnectionClosedError}. Bad arguments throw plain `TypeError`s and `RangeError`s at
 * the call.
 *
 * The file is long because each class has its documentation, with an example.
 */

/**
 * The stream ended inside a frame. The bytes that arrived are in `partial`: they are consumed, and the reader is at its end.
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
   * @param expected - How many bytes the frame has, or `null` if it would have ended at a separator.
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
   * @param consumed - How many bytes from the start of the frame have no separator: you can skip them and lose no separator.
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
   * @param reason - The fault, as the end of a sentence: `the line has a lone "\n"`.
   * @param offset - The place of the fault, in bytes from the start of the frame.
   * @param doing - What failed: decoding or encoding.
   * @param options - `cause`: the exception that says so.
   */
  constructor(
    reason: string,
    readonly offset: number,
    doing: 'decode' | 'encode' = 'decode',
    options?: { cause?: unknown },
  ) {
    super(`Cannot ${doing} the frame: ${reason} at byte ${offset}`, options);
  }
}

/**
 * Another read is active: a `StreamReader` serves one subscription or promise at a time.
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
 * The connection, or one direction of it, is closed. If a system error closed it, `cause` has that error.
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
  /** For errors of the writer: how many bytes it had accepted that never reached the kernel. */
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
 * A buffer that may not grow for ever is full: the write queue, the bytes of a source that can't be paused, or the requests that
 * wait to be sent.
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
   * @param limit - How many bytes may wait, or requests.
   * @param buffered - How many wait.
   * @param what - What they are, for the message.
   */
  constructor(
    readonly limit: number,
    readonly buffered: number,
    what: 'bytes' | 'requests' = 'bytes',
  ) {
    super(`Cannot buffer more: ${buffered} ${what} wait already, and the limit is ${limit}`);
  }
}

/** What a {@link SocketTimeoutError} was waiting for. */
export type SocketWait =
  | 'connect'
  | 'handshake'
  | 'proxy'
  | 'read'
  | 'write'
  | 'idle'
  | 'read-idle'
  | 'write-idle'
  | 'frame'
  | 'read-rate'
  | 'request'
  | 'close'
  | 'handler';

const WAITS: Readonly<Record<SocketWait, string>> = {
  connect: 'the connection',
  handshake: 'the handshake',
  proxy: 'the PROXY header',
  read: 'the read',
  write: 'the write',
  idle: 'silence on the connection',
  'read-idle': 'silence of the peer',
  'write-idle': 'a peer that takes nothing',
  frame: 'an unfinished frame',
  'read-rate': 'a frame that came too slowly (minReadRate)',
  request: 'the answer to a request',
  close: 'the end of the connection',
  handler: 'the handler of a connection that has gone',
};

/**
 * Something on a socket took longer than its time limit.
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
   * @param timeout - The time limit, in milliseconds.
   */
  constructor(
    readonly what: SocketWait,
    readonly timeout: number,
  ) {
    super(`Cannot wait longer: ${WAITS[what]} took more than ${timeout} ms`);
  }
}

/**
 * The connection is about to upgrade to TLS, but bytes that came in the clear are unread: they may be injected. They are in the
 * reader of a client, or behind an operator of either side.
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

  /** @param pending - How many bytes wait. A value behind an operator counts as 1 if it is neither a string nor bytes. */
  constructor(readonly pending: number) {
    super(`Cannot upgrade to TLS: ${pending} bytes that came in the clear are unread`);
  }
}
