import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { assertTimeout } from '../argumentChecks';
import { defaults } from '../defaults';
import { ConnectionClosedError } from '../errors';
import { Watchdog } from '../reading/Watchdog';
import type { Connection } from './Connection';
import { HandOver } from './HandOver';

/** See the method of `Connection`. */
export function toDuplex(connection: Connection): Duplex {
  return new ConnectionDuplex(connection);
}

/**
 * A connection as a Duplex. It has what code for sockets asks for: the addresses, `encrypted`, `resetAndDestroy`, and what an
 * `http.Agent` calls on a socket that it keeps: `setTimeout`, `setKeepAlive`, `setNoDelay`, `ref`, `unref`.
 *
 * It reads nothing ahead but one chunk. The unread bytes stay in the reader, and an error waits behind them there: a Duplex drops
 * its own bytes when it breaks.
 */
class ConnectionDuplex extends Duplex {
  private readonly handOver: HandOver;
  /** Of `setTimeout`. */
  private silence: Watchdog | undefined;

  constructor(private readonly connection: Connection) {
    super({ readableHighWaterMark: 0, writableHighWaterMark: defaults.highWaterMark });
    this.handOver = new HandOver(connection, 'toDuplex', {
      chunk: (bytes) => {
        this.silence?.touch();
        this.push(bytes);
      },
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

  /** Emits `'timeout'` after so many milliseconds in which nothing came or went; 0 ends that. It ends nothing by itself. */
  setTimeout(timeout: number, listener?: () => void): this {
    assertTimeout('timeout', timeout);
    this.silence?.stop();
    this.silence = undefined;
    if (timeout > 0 && !this.destroyed) {
      this.silence = new Watchdog(timeout, () => this.emit('timeout'));
      this.silence.touch();
    }
    if (listener !== undefined) {
      if (timeout > 0) this.once('timeout', listener);
      else this.off('timeout', listener);
    }
    return this;
  }

  setKeepAlive(...options: Parameters<Socket['setKeepAlive']>): this {
    this.socket?.setKeepAlive?.(...options);
    return this;
  }

  setNoDelay(...options: Parameters<Socket['setNoDelay']>): this {
    this.socket?.setNoDelay?.(...options);
    return this;
  }

  ref(): this {
    this.socket?.ref?.();
    return this;
  }

  unref(): this {
    this.socket?.unref?.();
    return this;
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
    this.silence?.stop();
    const over = this.readableEnded && this.writableFinished;
    if (this.handOver.leave(error ?? undefined, over)) this.connection.whenClosed(() => done(error));
    else done(error);
  }

  /** Its socket, which may be any stream; none for a pair in memory. */
  private get socket(): Partial<Socket> | undefined {
    return this.connection.info('socket') as Partial<Socket> | undefined;
  }

  private tell(written: Promise<void>, done: Done): void {
    written.then(
      () => {
        if (!this.destroyed) this.silence?.touch();
        done();
      },
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
