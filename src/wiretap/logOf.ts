import { inspectSymbol } from '../observing/inspectSymbol';
import { printHex } from './print/printHex';
import { printJsonLines } from './print/printJsonLines';
import { printMarbles } from './print/printMarbles';
import { printPcapng } from './print/printPcapng';
import { printTest } from './print/printTest';
import { stretchOf } from './stretchOf';
import type { WireLog } from './WireLog';

/** The printers of events. `console.log` prints the diagram. */
export function logOf(events: WireLog['events']): WireLog {
  const diagram = () => printMarbles(events());
  return {
    events,
    toString: diagram,
    toHex: () => printHex(events()),
    toJsonLines: () => printJsonLines(events()),
    toPcapng: () => printPcapng(events()),
    toTest: (as, range) => {
      if (as !== 'marbles' && as !== 'script') {
        throw new TypeError(`Cannot print a test as ${String(as)}: it must be 'marbles' or 'script'`);
      }
      const all = events();
      return printTest(range === undefined ? all : stretchOf(all, range.from ?? 0, range.to ?? Infinity), as);
    },
    ...{ [inspectSymbol]: diagram },
  };
}
