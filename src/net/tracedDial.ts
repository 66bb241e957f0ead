import type { ConnectMessage } from '../observing/ChannelMessages';
import { channels } from '../observing/channels';
import { Trace } from '../observing/Trace';
import type { ConnectOptions } from './ConnectOptions';
import { type DialObserver, dial } from './dial';

/** Dials as {@link dial} does, and tells the tracing channel of it. */
export function tracedDial(options: ConnectOptions, observer: DialObserver): () => void {
  return channels.connect.begin(
    () => messageOf(options),
    (trace) => {
      if (trace === undefined) return dial(options, observer);
      const cancel = dial(options, {
        connected: (result) =>
          Trace.settle(
            trace,
            () => ({ result }),
            () => observer.connected(result),
          ),
        failed: (error) =>
          Trace.settle(
            trace,
            // The signal's own reason: nothing has failed.
            () => (options.signal?.aborted && error === options.signal.reason ? { cancelled: true } : { error }),
            () => observer.failed(error),
          ),
      });
      return () => {
        cancel();
        Trace.settle(trace, () => ({ cancelled: true }));
      };
    },
  );
}

/** Nothing of the options of TLS: there may be keys. */
function messageOf({ host, port, path, tls }: ConnectOptions): ConnectMessage {
  return {
    ...(path !== undefined && { path }),
    ...(port !== undefined && { host: host ?? 'localhost', port }),
    tls: Boolean(tls),
  };
}
