import { SocketTimeoutError } from '../errors';
import type { ReadLoop } from '../reading/ReadLoop';
import { Watchdog } from '../reading/Watchdog';
import type { Upstream } from '../transports/Upstream';
import { watchUpstream } from '../transports/watchUpstream';
import type { StreamWriter } from '../writing/StreamWriter';
import type { ConnectionOptions } from './ConnectionOptions';
import { FrameLimits } from './FrameLimits';

/** What the time limits need from their connection. */
export interface LimitsOwner {
  /** A limit is reached. */
  reached(error: SocketTimeoutError): void;
  /** Whether a TLS handshake is running: then nothing else can be sent, whatever the peer does. */
  handshaking(): boolean;
  /** How many bytes have arrived. */
  received(): number;
}

/** The time limits of a connection: for silence of the peer, for queued bytes, for any silence, and for frames. */
export class TimeLimits {
  private idle: Watchdog | undefined;
  private read: Watchdog | undefined;
  private write: Watchdog | undefined;
  private frames: FrameLimits | undefined;

  /**
   * The limits in the options, counting from now on; `undefined` if there are none, as with most connections.
   */
  static of(
    options: ConnectionOptions,
    input: ReadLoop,
    writer: StreamWriter,
    owner: LimitsOwner,
  ): TimeLimits | undefined {
    const { idleTimeout = 0, readIdleTimeout = 0, writeIdleTimeout = 0, frameTimeout = 0, minReadRate = 0 } = options;
    if (idleTimeout + readIdleTimeout + writeIdleTimeout + frameTimeout + minReadRate === 0) return undefined;
    const limits = new TimeLimits(idleTimeout, readIdleTimeout, writeIdleTimeout, input, writer, owner);
    if (frameTimeout + minReadRate > 0) {
      limits.frames = new FrameLimits(frameTimeout, minReadRate, input, owner);
      input.watch = limits.frames;
    }
    return limits;
  }

  private constructor(
    idle: number,
    read: number,
    write: number,
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
    this.frames?.stop();
  }
}
