import { Duplex } from 'node:stream';
import { defaults } from '../defaults';
import { ConnectionClosedError } from '../errors';
import type { Connection } from './Connection';
import { HandOver } from './HandOver';

/** See the method of `Connection`. */
export function toDuplex(connection: Connection): Duplex {
  return new ConnectionDuplex(connection);
}

/**
 * A connection as a Duplex. It has what code for sockets asks for: the addresses, `encrypted`, `resetAndDestroy`.
 *
 * It reads nothing ahead but one chunk. The unread bytes stay in the reader, and an error waits behind them there: a Duplex drops
 * its own bytes when it breaks.
 */
class ConnectionDuplex extends Duplex {
  private readonly handOver: HandOver;

  constructor(private readonly connection: Connection) {
    super({ readableHighWaterMark: 0, writableHighWaterMark: defaults.highWaterMark });
    this.handOver = new HandOver(connection, 'toDuplex', {
      chunk: (bytes) => void this.push(bytes),
      end: () => void this.push(null),
      fail: (error) => void this.destroy(reasonOf(error)),
      closed: () => {},
    });
    // As a socket does, it sees an end or an error that comes before anybody reads.
    this.read(0);
  }

  get localAddress(): string | undefined {
    return this.connection.localAddress;
  }

  get localPort(): number | undefined {
    return this.connection.localPort;
  }

  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.connection.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.connection.remoteFamily;
  }

  /** Whether the bytes go through TLS. */
  get encrypted(): boolean {
    return this.connection.writer.getExtraInfo('cipher') !== undefined;
  }

  /** Ends the connection with a reset that the peer sees. */
  resetAndDestroy(): this {
    this.connection.reset();
    return this.destroy();
  }

  override _read(): void {
    this.handOver.pull();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.tell(this.handOver.write([chunk]), done);
  }

  override _writev(items: readonly { readonly chunk: Buffer }[], done: Done): void {
    this.tell(this.handOver.write(items.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.tell(this.handOver.finish(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const over = this.readableEnded && this.writableFinished;
    if (this.handOver.leave(error ?? undefined, over)) this.connection.whenClosed(() => done(error));
    else done(error);
  }

  private tell(written: Promise<void>, done: Done): void {
    written.then(
      () => done(),
      (error: unknown) => {
        const reason = reasonOf(error);
        // Without a reason, this side has just ended the connection: no `'error'`, as of a socket that was destroyed.
        if (reason === undefined) this.destroy();
        done(reason ?? (error as Error));
      },
    );
  }
}

type Done = (error?: Error | null) => void;

/** The untouched error behind the end of a connection; `undefined` if this side has ended it and gave no reason. */
function reasonOf(error: unknown): Error | undefined {
  if (!(error instanceof ConnectionClosedError)) return error as Error;
  if (error.cause === undefined) return undefined;
  return error.cause instanceof Error ? error.cause : error;
}
