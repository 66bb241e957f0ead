import { Observable, type Observer } from 'rxjs';
import type { Codec, GeneratorCodec } from '../codecs/Decoder';
import { decode } from '../operators/decode';
import { linkTo } from '../reading/rxjs7';
import type { Connection } from './Connection';
import type { FrameCodec, UntypedCodec } from './FrameCodec';

/**
 * Sends and receives the messages of a codec over a connection.
 *
 * @example
 * ```ts
 * import { connectionPair, framed, ndjson } from 'rxjs-tcp';
 *
 * const [client, server] = connectionPair();
 * framed(server, ndjson<{ id: number }>()).subscribe(({ id }) => console.log(id)); // → 7
 * await framed(client, ndjson<{ id: number }>()).send({ id: 7 });
 * ```
 * @param connection - It stays usable itself: you can read bytes that were not emitted as messages in another way.
 * @param codec - Decodes incoming bytes, and encodes outgoing messages.
 */
export function framed<In, Out = In>(connection: Connection, codec: GeneratorCodec<In, Out>): FramedConnection<In, Out>;
export function framed<In, Out = In>(connection: Connection, codec: FrameCodec<In, Out>): FramedConnection<In, Out>;
/** With a codec of any values (`ndjson()`): nobody checks that those that come have the type that is named here. */
export function framed<In, Out = In>(connection: Connection, codec: UntypedCodec): FramedConnection<In, Out>;
export function framed<In, Out = In>(connection: Connection, codec: FrameCodec<In, Out>): FramedConnection<In, Out> {
  return new FramedConnection(connection, codec);
}

export type { FramedConnection };

/**
 * A connection as a stream of messages: subscribe to receive them, call `next` or `send` to send one.
 *
 * Like its reader, it serves one subscription at a time; `sharePausing()` it for more. Unsubscribing keeps the connection and all bytes
 * that were not emitted. `complete()` sends FIN and `error()` aborts, as on the writer.
 */
class FramedConnection<In, Out = In> extends Observable<In> implements Observer<Out> {
  constructor(
    /** The underlying connection. */
    readonly connection: Connection,
    private readonly codec: FrameCodec<In, Out>,
  ) {
    if (typeof codec?.encode !== 'function') throw new TypeError('Cannot frame a connection: the codec has no encode');
    const messages = connection.reader.pipe(decode(codec as Codec<In, Out>));
    super((subscriber) => messages.subscribe(subscriber));
    linkTo(messages, this);
  }

  /** Queues a message. A message that can't be encoded aborts the connection, because `next` must not throw. */
  next(message: Out): void {
    try {
      this.connection.writer.next(this.codec.encode(message));
    } catch (error) {
      this.error(error);
    }
  }

  /**
   * Queues a message, and waits while the writer is under pressure.
   *
   * @returns Rejects with the error of the codec if it refuses the message, or with a `ConnectionClosedError`.
   */
  async send(message: Out): Promise<void> {
    this.connection.writer.write(this.codec.encode(message));
    await this.connection.writer.drain();
  }

  /** Sends FIN after the queued bytes. */
  complete(): void {
    this.connection.writer.complete();
  }

  /** Aborts the connection. */
  error(reason: unknown): void {
    this.connection.writer.error(reason);
  }
}
