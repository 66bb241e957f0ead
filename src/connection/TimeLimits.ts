import { SocketTimeoutError } from '../errors';
import type { ReadLoop } from '../reading/ReadLoop';
import type { Upstream } from '../transports/Upstream';
import type { StreamWriter } from '../writing/StreamWriter';
import type { ConnectionOptions } from './ConnectionOptions';
import { FrameWatch } from './FrameWatch';
import { Watchdog } from './Watchdog';

/** What the time limits need of their connection. */
export interface LimitsOwner {
  /** A limit is reached. */
  reached(error: SocketTimeoutError): void;
  /** Whether TLS is being started, and nothing else can be sent, whatever the peer does. */
  handshaking(): boolean;
}

/** The time limits of a connection: that bytes come, that bytes go, that something does, and that frames are finished. */
export class TimeLimits {
  private idle: Watchdog | undefined;
  private read: Watchdog | undefined;
  private write: Watchdog | undefined;
  private frame: FrameWatch | undefined;

  /**
   * The limits that the options ask for, which count from now on; `undefined` if they ask for none, as most do.
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
        // Nothing is expected of a peer that is held back, or has ended.
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

  /** Bytes were handed to the kernel. */
  onProgress(): void {
    this.write?.touch();
    this.idle?.touch();
  }

  /** TLS is up: the bytes of its handshake were not counted. */
  onSecured(): void {
    this.onData();
    if (this.writer.bufferedAmount > 0) this.write?.touch();
  }

  /** What a reader draws from: the transport, watched where its silence counts. */
  upstream(transport: Upstream): Upstream {
    const { read } = this;
    if (read === undefined) return transport;
    return {
      pause: () => transport.pause(),
      resume: () => {
        read.touch();
        transport.resume();
      },
      nextTurn: (task) => transport.nextTurn?.(task) ?? false,
      ...(transport.defer !== undefined && { defer: (task: () => void) => transport.defer?.(task) }),
    };
  }

  stop(): void {
    this.idle?.stop();
    this.read?.stop();
    this.write?.stop();
    this.frame?.stop();
  }
}
