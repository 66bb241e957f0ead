import type { Transport } from '../transports/Transport';

/** A promise of the next turn of the event loop; `undefined` if the transport can't wait: virtual time has no turns. */
export function nextTurnOf(transport: Transport): Promise<void> | undefined {
  let go!: () => void;
  const later = new Promise<void>((resolve) => {
    go = resolve;
  });
  return transport.nextTurn?.(go) ? later : undefined;
}
