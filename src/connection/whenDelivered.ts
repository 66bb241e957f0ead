import type { Connection } from './Connection';

/**
 * Calls back once all that had arrived is delivered, or nobody reads it any more. A reader that is held is still at work.
 *
 * @param connection - It is closed.
 */
export function whenDelivered({ reader: { input } }: Connection, callback: () => void): void {
  const { buffer } = input;
  const look = () => {
    const { position } = buffer;
    const decide = () => {
      if (input.isQuiet && buffer.position === position) callback();
      else input.whenQuiet(look);
    };
    // Code that awaited the last read may begin the next one in this turn; in virtual time nothing is awaited.
    if (buffer.length === 0 || !input.nextTurn(decide)) callback();
  };
  input.whenQuiet(look);
}
