import { subscribe } from 'node:diagnostics_channel';
import { debuglog } from 'node:util';
import { messageLines } from './messageLines';

/** Prints the messages of the channels to stderr, in one line each, if `NODE_DEBUG` has `rxjs-tcp`. */
export function printMessages(): void {
  const log = debuglog('rxjs-tcp');
  if (!log.enabled) return;
  for (const [name, show] of Object.entries(messageLines)) {
    const title = name.replace(/^(tracing:)?rxjs-tcp:/, '');
    subscribe(name, (message) => {
      const line = (show as (message: unknown) => string | undefined)(message);
      if (line !== undefined) log('%s %s', title, line);
    });
  }
}
