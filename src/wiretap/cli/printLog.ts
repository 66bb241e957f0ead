import type { Framings } from '../frames/loadFraming';
import { BoundedOutput } from './BoundedOutput';
import type { CommandIo } from './CommandIo';
import type { PrintFormat } from './CommandOptions';
import { EventPrinter } from './EventPrinter';
import type { SavedConnection } from './readLog';

/** Prints a saved log, one connection after the other. Returns the exit code. */
export async function printLog(
  saved: readonly SavedConnection[],
  { stdout }: CommandIo,
  format: PrintFormat,
  framings: Framings | undefined,
): Promise<number> {
  // Nothing is dropped: there is no traffic that waits.
  const output = new BoundedOutput(stdout, Number.POSITIVE_INFINITY);
  const printer = new EventPrinter(output, format, framings);
  for (const connection of saved) {
    let last = 0;
    for (const event of connection.log.events()) {
      // A pause ends a stretch, as it did then.
      if (event.time - last > 100_000) printer.finish();
      last = event.time;
      printer.event(event, connection);
    }
    printer.finish();
    await Promise.race([output.flush(), output.failed]);
  }
  return 0;
}
