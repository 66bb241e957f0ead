import { Observable, type Observer } from 'rxjs';
import type { ByteBuffer } from '../bytes/ByteBuffer';
import type { Codec } from '../codecs/Decoder';
import { decode } from '../operators/decode';
import { linkTo } from '../reading/rxjs7';
import type { Connection } from './Connection';

/**
 * Speaks a codec over a connection, both ways.
 *
 * @example
 * ```ts
 * import { connectionPair, framed, ndjson } from 'rxjs-tcp';
 *
 * const [client, server] = connectionPair();
 * framed(server, ndjson<{ id: number }>()).subscribe(({ id }) => console.log(id)); // → 7
 * await framed(client, ndjson<{ id: number }>()).send({ id: 7 });
 * ```
 * @param connection - It stays usable by itself: what nobody has read as a message can be read another way.
 * @param codec - Decodes what comes and encodes what goes.
 */
export function framed<In, Out = In>(connection: Connection, codec: Codec<In, Out>): FramedConnection<In, Out>;
/** With a codec of any values (`ndjson()`): nobody checks that those that come have the type that is named here. */
export function framed<In, Out = In>(
  connection: Connection,
  // As properties: methods would let a codec of one type pass for a codec of all.
  codec: {
    readonly decode: (buffer: ByteBuffer, ended: boolean) => unknown;
    readonly encode: (value: unknown) => Uint8Array;
  },
): FramedConnection<In, Out>;
export function framed<In, Out = In>(connection: Connection, codec: Codec<In, Out>): FramedConnection<In, Out> {
  return new FramedConnection(connection, codec);
}

export type { FramedConnection };

/**
 * A connection as a stream of messages: subscribe to it for those that come, `next` or `send` those that go.
 *
 * One subscription at a time, as its reader; `share()` it for more. Unsubscribing keeps the connection and what was not
 * emitted; `complete()` sends FIN and `error()` aborts, as on the writer.
 */
class FramedConnection<In, Out = In> extends Observable<In> implements Observer<Out> {
  constructor(
    /** The connection beneath. */
    readonly connection: Connection,
    private readonly codec: Codec<In, Out>,
  ) {
    if (typeof codec?.encode !== 'function') throw new TypeError('Cannot frame a connection: the codec has no encode');
    const messages = connection.reader.pipe(decode(codec));
    super((subscriber) => messages.subscribe(subscriber));
    linkTo(messages, this);
  }

  /** Queues a message; one that can't be encoded aborts the connection, as there is nobody to throw to. */
  next(message: Out): void {
    try {
      this.connection.writer.next(this.codec.encode(message));
    } catch (error) {
      this.error(error);
    }
  }

  /**
   * Queues a message and waits until the writer takes the next one gladly.
   *
   * @returns Rejects with what the codec refuses the message with, or with a `ConnectionClosedError`.
   */
  async send(message: Out): Promise<void> {
    this.connection.writer.write(this.codec.encode(message));
    await this.connection.writer.drain();
  }

  /** Sends FIN after what is queued. */
  complete(): void {
    this.connection.writer.complete();
  }

  /** Aborts the connection. */
  error(reason: unknown): void {
    this.connection.writer.error(reason);
  }
}
