import { inspectSymbol } from '../observing/inspectSymbol';
import { printHex } from './print/printHex';
import { printJsonLines } from './print/printJsonLines';
import { printMarbles } from './print/printMarbles';
import { printPcapng } from './print/printPcapng';
import { printTest } from './print/printTest';
import type { WireEvent } from './WireEvent';
import type { WireLog } from './WireLog';

/** The printers of events. `console.log` prints the diagram. */
export function logOf(events: () => readonly WireEvent[]): WireLog {
  const diagram = () => printMarbles(events());
  return {
    events,
    toString: diagram,
    toHex: () => printHex(events()),
    toJsonLines: () => printJsonLines(events()),
    toPcapng: () => printPcapng(events()),
    toTest: (as) => {
      if (as !== 'marbles' && as !== 'script') {
        throw new TypeError(`Cannot print a test as ${String(as)}: it must be 'marbles' or 'script'`);
      }
      return printTest(events(), as);
    },
    ...{ [inspectSymbol]: diagram },
  };
}
