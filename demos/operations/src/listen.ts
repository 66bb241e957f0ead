import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ChannelMessages } from 'rxjs-tcp';

/** Functions for some channels of rxjs-tcp, by their names. */
export type Listeners = { readonly [Name in keyof ChannelMessages]?: (message: ChannelMessages[Name]) => void };

/**
 * Subscribes to channels of rxjs-tcp, with the types of their messages.
 *
 * @returns A function that unsubscribes from them.
 */
export function listenTo(listeners: Listeners): () => void {
  const entries = Object.entries(listeners) as [string, (message: unknown) => void][];
  for (const [name, listener] of entries) subscribe(name, listener);
  return () => {
    for (const [name, listener] of entries) unsubscribe(name, listener);
  };
}
