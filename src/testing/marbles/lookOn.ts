import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';

/** The events of an onlooker. They come before the connection itself gets them. */
export interface Onlooker {
  /** Bytes arrive. */
  onData(chunk: Uint8Array): void;
  /** The peer's FIN arrives. */
  onEnd(): void;
  /** Our FIN is with the kernel. */
  onWritingEnded(): void;
  /** The connection is gone. */
  onClosed(info: CloseInfo): void;
}

/**
 * Tells an onlooker the events that a connection gets from its transport and its writer.
 *
 * It replaces methods of this one connection, so all other connections pay nothing for it.
 */
export function lookOn(connection: Connection, onlooker: Onlooker): void {
  const { onData, onEnd, onWritingEnded } = connection;
  connection.onData = (chunk) => {
    onlooker.onData(chunk);
    onData.call(connection, chunk);
  };
  connection.onEnd = () => {
    onlooker.onEnd();
    onEnd.call(connection);
  };
  connection.onWritingEnded = () => {
    onlooker.onWritingEnded();
    onWritingEnded.call(connection);
  };
  connection.whenClosed(({ ended }) => onlooker.onClosed(ended as CloseInfo));
}
