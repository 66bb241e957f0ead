import type { Connection } from './Connection';

/**
 * Calls back once all bytes that arrived are delivered, or nothing reads them any more. A held reader is still at work.
 *
 * @param connection - A closed connection.
 */
export function whenDelivered({ reader: { input } }: Connection, callback: () => void): void {
  const { buffer } = input;
  const look = () => {
    const { position } = buffer;
    const decide = () => {
      if (input.isQuiet && buffer.position === position) callback();
      else input.whenQuiet(look);
    };
    // Code that awaited the last read may begin the next one in this turn. In virtual time there is no such code.
    if (buffer.length === 0 || !input.nextTurn(decide)) callback();
  };
  input.whenQuiet(look);
}
