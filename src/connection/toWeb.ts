import { defaults } from '../defaults';
import type { Connection } from './Connection';
import { HandOver } from './HandOver';

/** A connection as a pair of Web streams. */
export interface WebStreams {
  /** The bytes from the peer. Cancelling it ends the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The bytes to the peer. Closing it sends FIN, aborting it ends the connection. */
  readonly writable: WritableStream<Uint8Array>;
}

/** See the method of `Connection`. */
export function toWeb(connection: Connection): WebStreams {
  let reading!: ReadableStreamDefaultController<Uint8Array>;
  let writing!: WritableStreamDefaultController;
  const handOver = new HandOver(connection, 'toWeb', {
    chunk: (bytes) => reading.enqueue(bytes),
    end: () => reading.close(),
    fail: (error) => {
      reading.error(error);
      writing.error(error);
    },
    closed: () => writing.error(connection.writer.whyOver()),
  });
  /** Ends the connection, and resolves when it is closed. */
  const end = async (reason: unknown): Promise<void> => {
    handOver.leave(reason);
    await connection.closed;
  };
  // Without a mark of its own the stream reads nothing ahead: unread bytes stay in the connection's reader.
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        reading = controller;
      },
      pull: () => handOver.pull(),
      cancel: (reason) => {
        writing.error(reason);
        return end(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>(
    {
      start: (controller) => {
        writing = controller;
      },
      write: async (chunk) => {
        try {
          await handOver.write([chunk]);
        } catch (error) {
          // A stream that has failed takes nothing more, so nobody would end the connection.
          handOver.leave(error);
          throw error;
        }
      },
      close: () => handOver.finish(),
      abort: (reason) => {
        reading.error(reason);
        return end(reason);
      },
    },
    { highWaterMark: defaults.highWaterMark, size: sizeOf },
  );
  return { readable, writable };
}

/** In bytes; of a value that is no chunk 1, until `write` refuses it. */
function sizeOf(chunk: Uint8Array | undefined): number {
  return chunk?.byteLength ?? 1;
}
