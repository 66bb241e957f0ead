import { subscribe } from 'node:diagnostics_channel';
import type { ChannelMessages } from 'rxjs-tcp';

const NAMES: readonly (keyof ChannelMessages)[] = [
  'rxjs-tcp:connection:open',
  'rxjs-tcp:connection:close',
  'rxjs-tcp:connection:pressure',
  'rxjs-tcp:connection:held',
  'rxjs-tcp:server:listening',
  'rxjs-tcp:server:close',
  'rxjs-tcp:server:refused',
  'rxjs-tcp:server:failure',
  'tracing:rxjs-tcp:connect:start',
  'tracing:rxjs-tcp:connect:end',
  'tracing:rxjs-tcp:connect:asyncStart',
  'tracing:rxjs-tcp:connect:asyncEnd',
  'tracing:rxjs-tcp:connect:error',
  'tracing:rxjs-tcp:handshake:start',
  'tracing:rxjs-tcp:handshake:end',
  'tracing:rxjs-tcp:handshake:asyncStart',
  'tracing:rxjs-tcp:handshake:asyncEnd',
  'tracing:rxjs-tcp:handshake:error',
];

/** Subscribes to every diagnostics channel, and counts what they tell, as metrics do. */
export function allSubscribed(): void {
  const counts = new Map<string | symbol, number>();
  for (const name of NAMES) subscribe(name, (_message, from) => counts.set(from, (counts.get(from) ?? 0) + 1));
}
