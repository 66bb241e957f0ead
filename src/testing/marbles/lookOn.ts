import type { CloseInfo } from '../../connection/CloseInfo';
import type { Connection } from '../../connection/Connection';
import type { TlsUpgrade } from '../../connection/TlsUpgrade';

/** The events of an onlooker. They come before the connection itself gets them. */
export interface Onlooker {
  /** Bytes arrive that are no part of a handshake. */
  onData(chunk: Uint8Array): void;
  /** The peer's FIN arrives. */
  onEnd(): void;
  /** Our FIN is with the kernel. */
  onWritingEnded(): void;
  /** An upgrade to TLS begins. The newest `unread` bytes that arrived are taken for its handshake, or dropped. */
  onStartTls(side: TlsUpgrade['side'], unread: number): void;
  /** The connection is gone. */
  onClosed(info: CloseInfo): void;
}

/**
 * Tells an onlooker the events that a connection gets from its transport and its writer.
 *
 * It replaces methods of this one connection, so all other connections pay nothing for it.
 *
 * @returns Takes them off again: nothing more is told.
 */
export function lookOn(connection: Connection, onlooker: Onlooker): () => void {
  let over = false;
  const restores = [
    replace(connection, 'onData', (onData) => (chunk) => {
      if (!over && connection.upgrade === undefined) onlooker.onData(chunk);
      onData.call(connection, chunk);
    }),
    replace(connection, 'onEnd', (onEnd) => () => {
      if (!over) onlooker.onEnd();
      onEnd.call(connection);
    }),
    replace(connection, 'onWritingEnded', (onWritingEnded) => () => {
      if (!over) onlooker.onWritingEnded();
      onWritingEnded.call(connection);
    }),
    replace(connection, 'startTls', (startTls) => (options) => {
      const { upgrade, reader } = connection;
      const unread = reader.bufferedAmount;
      const done = startTls.call(connection, options);
      const begun = connection.upgrade;
      if (!over && begun !== undefined && begun !== upgrade) onlooker.onStartTls(begun.side, unread);
      return done;
    }),
  ];
  connection.whenClosed(({ ended }) => {
    if (!over) onlooker.onClosed(ended as CloseInfo);
  });
  return () => {
    over = true;
    for (const restore of restores) restore();
  };
}

/** Replaces a method of one object. The result puts the old one back, unless other code has replaced it again. */
function replace<Name extends 'onData' | 'onEnd' | 'onWritingEnded' | 'startTls'>(
  connection: Connection,
  name: Name,
  wrap: (method: Connection[Name]) => Connection[Name],
): () => void {
  const own = Object.getOwnPropertyDescriptor(connection, name);
  const mine = wrap(connection[name]);
  connection[name] = mine;
  return () => {
    if (connection[name] !== mine) return;
    if (own === undefined) Reflect.deleteProperty(connection, name);
    else Object.defineProperty(connection, name, own);
  };
}
