import { SocketTimeoutError } from '../errors';
import { FrameWatch } from '../reading/FrameWatch';
import type { ReadLoop } from '../reading/ReadLoop';
import { Watchdog } from '../reading/Watchdog';
import type { Upstream } from '../transports/Upstream';
import { watchUpstream } from '../transports/watchUpstream';
import type { StreamWriter } from '../writing/StreamWriter';
import type { ConnectionOptions } from './ConnectionOptions';

/** What the time limits need from their connection. */
export interface LimitsOwner {
  /** A limit is reached. */
  reached(error: SocketTimeoutError): void;
  /** Whether a TLS handshake is running: then nothing else can be sent, whatever the peer does. */
  handshaking(): boolean;
}

/** The time limits of a connection: for silence of the peer, for queued bytes, for any silence, and for unfinished frames. */
export class TimeLimits {
  private idle: Watchdog | undefined;
  private read: Watchdog | undefined;
  private write: Watchdog | undefined;
  private frame: FrameWatch | undefined;

  /**
   * The limits in the options, counting from now on; `undefined` if there are none, as with most connections.
   */
  static of(
    options: ConnectionOptions,
    input: ReadLoop,
    writer: StreamWriter,
    owner: LimitsOwner,
  ): TimeLimits | undefined {
    const { idleTimeout = 0, readIdleTimeout = 0, writeIdleTimeout = 0, frameTimeout = 0 } = options;
    if (idleTimeout + readIdleTimeout + writeIdleTimeout + frameTimeout === 0) return undefined;
    return new TimeLimits(idleTimeout, readIdleTimeout, writeIdleTimeout, frameTimeout, input, writer, owner);
  }

  private constructor(
    idle: number,
    read: number,
    write: number,
    frame: number,
    input: ReadLoop,
    private readonly writer: StreamWriter,
    owner: LimitsOwner,
  ) {
    if (idle > 0) this.idle = new Watchdog(idle, () => owner.reached(new SocketTimeoutError('idle', idle)));
    if (read > 0) {
      this.read = new Watchdog(read, () => {
        // A peer whose socket is paused, or that has ended, can't send.
        if (!input.paused && input.open) owner.reached(new SocketTimeoutError('read-idle', read));
      });
    }
    if (write > 0) {
      const watchdog = new Watchdog(write, () => {
        if (writer.bufferedAmount > 0 && !owner.handshaking())
          owner.reached(new SocketTimeoutError('write-idle', write));
      });
      writer.onWaiting = () => watchdog.touch();
      this.write = watchdog;
    }
    if (frame > 0) {
      this.frame = new FrameWatch(input.buffer, frame, () => owner.reached(new SocketTimeoutError('frame', frame)));
      input.watch = this.frame;
    }
    this.idle?.touch();
    this.read?.touch();
  }

  /** Bytes have arrived. */
  onData(): void {
    this.read?.touch();
    this.idle?.touch();
  }

  /** More bytes are with the kernel. */
  onProgress(): void {
    this.write?.touch();
    this.idle?.touch();
  }

  /** The TLS handshake is done. Its bytes did not count. */
  onSecured(): void {
    this.onData();
    if (this.writer.bufferedAmount > 0) this.write?.touch();
  }

  /** The source of the reader: the transport, watched if its silence counts. */
  upstream(transport: Upstream): Upstream {
    const { read } = this;
    if (read === undefined) return transport;
    return watchUpstream(transport, { resume: () => read.touch() });
  }

  stop(): void {
    this.idle?.stop();
    this.read?.stop();
    this.write?.stop();
    this.frame?.stop();
  }
}
