import type { Framings } from '../frames/loadFraming';
import type { Taps } from '../Taps';
import { BoundedOutput } from './BoundedOutput';
import type { CommandIo } from './CommandIo';
import type { PrintFormat } from './CommandOptions';
import { EventPrinter } from './EventPrinter';
import type { View } from './View';

/** How much printed text may wait for a slow reader, in bytes. */
const MOST = 1024 * 1024;

/** Milliseconds between two looks for connections that have paused. */
const TICK = 100;

/** Prints the events as they come. */
export function startPrinting(
  taps: Taps,
  io: CommandIo,
  format: PrintFormat | undefined,
  framings: Framings | undefined,
): View {
  const output = new BoundedOutput(io.stdout, MOST);
  const say = (text: string) => void io.stderr.write(`${text}\n`);
  if (format === undefined) return { say, gone: new Promise(() => {}), close: () => Promise.resolve() };
  const printer = new EventPrinter(output, format, framings);
  const opened = taps.opened$.subscribe((connection) => {
    const { tap } = connection;
    for (const event of tap.events()) printer.event(event, connection);
    tap.events$.subscribe((event) => printer.event(event, connection));
  });
  const timer = setInterval(() => printer.tick(), TICK);
  return {
    say,
    gone: output.failed,
    close: async () => {
      opened.unsubscribe();
      clearInterval(timer);
      printer.finish();
      await output.flush();
    },
  };
}
