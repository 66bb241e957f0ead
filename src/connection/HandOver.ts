/**
 * A connection in the hands of other code, which reads and writes it through streams of another kind.
 *
 *     peer ──► reader ── one chunk for each `pull` ──► taker
 *     peer ◄── writer ◄── `write`, `finish` ────────── other code
 *
 * One subscription to the reader lasts until the end, and is held between two chunks. So every other read gets a
 * `ReaderBusyError`, the bytes that nobody asks for stay in the reader, and above twice its limit in the peer's kernel.
 */
import type { Subscription } from 'rxjs';
import { ConnectionClosedError, ReaderBusyError } from '../errors';
import { runningLoop } from '../reading/rxjs7';
import type { StreamWriter } from '../writing/StreamWriter';
import type { Connection } from './Connection';

/** Takes what a connection receives. */
export interface Taker {
  /** A chunk that was pulled. The next one comes after the next `pull`. */
  chunk(bytes: Uint8Array): void;
  /** The peer has ended, and everything was taken. */
  end(): void;
  /** Nothing comes any more: the connection is broken, or was closed on this side, or another read is active. */
  fail(error: unknown): void;
  /** The connection is closed. */
  closed(): void;
}

export class HandOver {
  /** Queues a chunk. False: there is pressure. */
  private readonly send: (chunk: Uint8Array) => boolean;
  private readonly subscription: Subscription;
  private held = true;
  private begun = false;
  private attached = true;
  private left = false;
  private refusal: ReaderBusyError | undefined;

  /**
   * @param by - The method that hands over, for messages.
   * @throws `ReaderBusyError` if a read is active; `TypeError` if the connection was handed over before.
   */
  constructor(
    private readonly connection: Connection,
    private readonly by: string,
    private readonly taker: Taker,
  ) {
    const { reader, writer } = connection;
    const { input } = reader;
    // Inside a delivery, the loop decides when the delivery returns: the active read may be over then, as after `take(1)`.
    if (input.reading && runningLoop.current !== input) throw new ReaderBusyError();
    this.send = takeWriting(writer, by);
    writer.attach();
    input.hold(by);
    this.subscription = reader.subscribe({
      next: (chunk) => {
        this.begun = true;
        this.hold();
        taker.chunk(chunk);
      },
      error: (error) => this.fail(error),
      complete: () => this.complete(),
    });
    if (this.refusal !== undefined) throw this.refusal;
    connection.whenClosed(() => this.onClosed());
  }

  /** Lets one chunk come, or the end. */
  pull(): void {
    if (!this.held || this.left) return;
    this.held = false;
    this.connection.reader.input.release(this.by);
  }

  /** Writes chunks. Resolves once the kernel has them; rejects if they are lost. */
  async write(chunks: Iterable<Uint8Array>): Promise<void> {
    const { writer } = this.connection;
    for (const chunk of chunks) if (!this.send(chunk)) await writer.drain();
    await writer.flush();
  }

  /** Sends FIN. Resolves once the kernel has everything; rejects if bytes are lost. */
  async finish(): Promise<void> {
    const { writer } = this.connection;
    writer.writeEof();
    this.detach();
    await writer.flush();
  }

  /**
   * Takes nothing more, and ends the connection unless it ends by itself.
   *
   * @param error - The reason.
   * @param over - Whether both sides have ended in good order.
   * @returns False if it has left already, or never had the connection.
   */
  leave(error: unknown, over = false): boolean {
    if (this.left) return false;
    this.left = true;
    this.subscription.unsubscribe();
    if (this.held) this.connection.reader.input.release(this.by);
    this.detach();
    // `close()` on this side still sends what is queued.
    if (!over && !this.connection.endedHere) this.connection.destroy(error);
    return true;
  }

  private hold(): void {
    this.held = true;
    this.connection.reader.input.hold(this.by);
  }

  private detach(): void {
    if (!this.attached) return;
    this.attached = false;
    this.connection.writer.detach();
  }

  private complete(): void {
    const { cut } = this.connection.reader.input;
    if (cut === undefined) this.taker.end();
    else this.taker.fail(cut);
  }

  private fail(error: unknown): void {
    if (!this.begun && error instanceof ReaderBusyError) this.giveBack(error);
    this.taker.fail(error);
  }

  /** The connection was not handed over: everything is as before. */
  private giveBack(refusal: ReaderBusyError): void {
    const { reader, writer } = this.connection;
    this.refusal = refusal;
    this.left = true;
    if (this.held) reader.input.release(this.by);
    this.detach();
    Reflect.deleteProperty(writer, 'accept');
  }

  private onClosed(): void {
    if (this.left) return;
    const { ended, reader } = this.connection;
    // This side has given up what is unread. Other failures wait behind the bytes that arrived.
    if (reader.input.failed && (ended?.by === 'local' || ended?.by === 'timeout')) {
      const closed = new ConnectionClosedError('Cannot read: the connection is closed', { cause: ended.error });
      this.taker.fail(ended.by === 'timeout' ? ended.error : closed);
    }
    this.taker.closed();
  }
}

/**
 * Makes the writer refuse the program's chunks, of calls and of operators. The property of this one writer costs the others nothing.
 *
 * @returns A function that still queues a chunk. It returns false if there is pressure.
 */
function takeWriting(writer: StreamWriter, by: string): (chunk: Uint8Array) => boolean {
  if (TAKEN.has(writer) && Object.hasOwn(writer, 'accept')) {
    throw new TypeError(`Cannot hand over by ${by}(): the connection was handed over before`);
  }
  TAKEN.add(writer);
  const accept = writer.accept.bind(writer);
  writer.accept = () => {
    throw new TypeError(`Cannot write: the connection was handed over by ${by}()`);
  };
  return (chunk) => {
    accept(chunk);
    return !writer.pressured;
  };
}

const TAKEN = /* @__PURE__ */ new WeakSet<StreamWriter>();
