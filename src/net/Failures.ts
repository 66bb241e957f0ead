/**
 * The failures of single connections of a server, and how they are reported.
 *
 * | failure | emitted by `errors` | a warning if `errors` has no subscriber |
 * |---|---|---|
 * | of accepting, of a PROXY header, of a TLS handshake, of a handler | yes | yes |
 * | a probe: the peer connected, sent nothing and left | yes | no |
 * | an error that only says that this side ended the connection | no | no |
 *
 * Peers decide how many failures there are, so warnings are limited: the first comes at once, then at most one a minute. Each
 * says how many failures there were since, and describes the last one.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import { EmptyError, type Observable, Subject } from 'rxjs';
import type { Connection } from '../connection/Connection';
import { endErrors } from '../endErrors';
import { IncompleteReadError } from '../errors';
import { isReset } from '../transports/resets';
import { isProbedBy } from './isProbedBy';
import { ProxiedPeer } from './ProxiedPeer';

/** A failure that ended one connection, or happened before a handler got it. */
export interface ServerFailure {
  /** What went wrong: an untouched system error, the error of a handler, or the reason why a client's certificate is refused. */
  readonly error: unknown;
  /** The handler's connection; absent if there was none yet, as in a TLS handshake. */
  readonly connection?: Connection | undefined;
  /** The peer's address; `undefined` for a Unix socket, and if the peer left before its address was known. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** When it happened: while accepting, in the TLS handshake, while reading a PROXY header, or in the handler. */
  readonly stage: 'accept' | 'handshake' | 'proxy' | 'handler';
  /** True for a peer that connected, sent nothing and left, as health checks and port scanners do. */
  readonly probe: boolean;
}

/** The failures of one server. */
export class Failures {
  private readonly subject = new Subject<ServerFailure>();
  /** Emits every failure; completes when the server is closed. */
  readonly errors: Observable<ServerFailure> = this.subject.asObservable();
  /** The newest failure of a connection. */
  private readonly lastTold = new WeakMap<Connection, unknown>();
  /** Runs for a minute after each warning. */
  private timer: NodeJS.Timeout | undefined;
  /** How many failures had no warning since the last one, and the text of the last failure. */
  private withheld = 0;
  private last = '';
  /** How many failures there were. */
  count = 0;

  /** @param told - Called with every failure, before `errors` emits it. */
  constructor(private readonly told?: (failure: ServerFailure) => void) {}

  /** The system could not accept a connection. */
  ofAccept(error: unknown): void {
    this.report({ error, remoteAddress: undefined, remotePort: undefined, stage: 'accept', probe: false });
  }

  /**
   * A TLS handshake failed.
   *
   * @param socket - The socket under TLS, if it is known.
   */
  ofHandshake(error: unknown, socket: Socket | undefined): void {
    const probe = isProbedBy(socket, error);
    const { remoteAddress, remotePort } = ProxiedPeer.of(socket) ?? socket ?? {};
    this.report({ error, remoteAddress, remotePort, stage: 'handshake', probe });
  }

  /**
   * A socket has no right PROXY header.
   *
   * @param socket - The socket of the proxy.
   */
  ofProxy(error: unknown, socket: Socket): void {
    const { remoteAddress, remotePort, bytesRead } = socket;
    const probe = bytesRead === 0 && (isReset(error) || error instanceof IncompleteReadError);
    this.report({ error, remoteAddress, remotePort, stage: 'proxy', probe });
  }

  /**
   * A handler failed.
   *
   * @returns False if the error only says that this side ended the connection: that is no failure.
   */
  ofHandler(error: unknown, connection: Connection): boolean {
    if (connection.endedHere && saysOnlyThatItEnded(error, connection)) return false;
    if (!this.isTold(error, connection)) this.reportOf(connection, error);
    return true;
  }

  /** A connection is closed. If its stream broke, that is a failure, also if no handler reads it. */
  ofClosed(connection: Connection): void {
    const { by, error } = connection.ended ?? {};
    if (by !== 'error') return;
    const told = this.lastTold.get(connection);
    if (told === undefined || !isBecauseOf(told, error)) this.reportOf(connection, error);
  }

  /** Whether a handler fails with the error that broke its connection, and that error was reported already. */
  private isTold(error: unknown, { ended }: Connection): boolean {
    return ended?.by === 'error' && isBecauseOf(error, ended.error);
  }

  private reportOf(connection: Connection, error: unknown): void {
    const { remoteAddress, remotePort } = connection;
    this.lastTold.set(connection, error);
    this.report({ error, connection, remoteAddress, remotePort, stage: 'handler', probe: isProbe(connection) });
  }

  /** There will be no more failures. */
  complete(): void {
    this.warnOfWithheld();
    clearTimeout(this.timer);
    this.subject.complete();
  }

  private report(failure: ServerFailure): void {
    this.count++;
    this.told?.(failure);
    if (this.subject.observed) {
      this.subject.next(failure);
      return;
    }
    if (failure.probe) return;
    const text = describe(failure);
    if (this.timer === undefined) {
      this.warn(text);
    } else {
      this.withheld++;
      this.last = text;
    }
  }

  private warn(text: string): void {
    process.emitWarning(text, 'ServerWarning');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.warnOfWithheld();
    }, WARNING_INTERVAL);
    this.timer.unref();
  }

  private warnOfWithheld(): void {
    const { withheld, last } = this;
    if (withheld === 0) return;
    this.withheld = 0;
    this.last = '';
    this.warn(
      withheld === 1 ? last : `${withheld} more connections failed, and nobody listens to errors; the last: ${last}`,
    );
  }
}

/** In milliseconds. */
const WARNING_INTERVAL = 60_000;
/** The longest text of an error in a warning, in characters: what a peer sent may be in it. */
const MAX_TEXT = 500;

function describe({ error, stage }: ServerFailure): string {
  const what = stage === 'handler' ? 'The handler of a connection failed' : 'A connection was not accepted';
  const whole = error instanceof Error ? error.message : typeof error === 'string' ? error : inspect(error);
  // Messages of OpenSSL end with a newline.
  const text = whole.trim();
  return `${what}: ${text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text}`;
}

/** Whether the peer has sent nothing and left. */
function isProbe(connection: Connection): boolean {
  const socket = connection.writer.getExtraInfo('socket') as (Duplex & Partial<TLSSocket>) | undefined;
  if (socket === undefined || !(socket.readableEnded || isReset(socket.errored))) return false;
  // Without TLS, the bytes that nobody has read or that a handshake has taken count too.
  return (socket.encrypted ? connection.bytesRead : ProxiedPeer.bytesBehind(socket as Socket)) === 0;
}

/**
 * Whether an error only says that reading and writing this connection are over. The same error of another connection is a
 * failure.
 *
 * An `EmptyError` does not say which Observable was empty. It counts as this connection's if a read of the connection has
 * completed because this side closed it.
 */
function saysOnlyThatItEnded(error: unknown, connection: Connection): boolean {
  const { reader, writer } = connection;
  const subjects = [connection, reader.input, writer];
  return causesOf(error).some((at) => {
    if (at instanceof EmptyError) return endErrors.hasCompleted(reader.input);
    return isNativeError(at) && subjects.some((subject) => endErrors.speaksOf(at, subject));
  });
}

function isBecauseOf(error: unknown, cause: unknown): boolean {
  return causesOf(error).includes(cause);
}

/** An error, its cause, the cause of that… */
function causesOf(error: unknown): unknown[] {
  const causes = [error];
  for (let at = error; isNativeError(at) && causes.length < MAX_CAUSES; at = at.cause) causes.push(at.cause);
  return causes;
}

/** How many causes are followed: they may form a circle. */
const MAX_CAUSES = 8;
