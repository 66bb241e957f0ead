import type { WireEvent } from '../WireEvent';
import { PcapngWriter } from './PcapngWriter';

/** Events of one connection or of several as a capture that Wireshark reads. */
export function printPcapng(events: readonly WireEvent[]): Uint8Array {
  const writer = new PcapngWriter();
  return Buffer.concat([writer.head(), ...events.map((event) => writer.event(event))]);
}
