import { hexDigits } from '../../bytes/hexDigits';
import type { WireEvent } from '../WireEvent';
import { describeEvent } from './describeEvent';

const PER_LINE = 16;
const HALF = PER_LINE / 2;

/** Events with their bytes in hexadecimal digits and as text, in 80 columns. What is not ASCII that can be read is a dot. */
export function printHex(events: readonly WireEvent[]): string {
  return events.map((event) => `${describeEvent(event)}\n${dump(event.data)}`).join('');
}

function dump(data: Uint8Array | undefined): string {
  if (data === undefined) return '';
  let lines = '';
  for (let at = 0; at < data.length; at += PER_LINE) {
    const bytes = data.subarray(at, at + PER_LINE);
    const digits = `${hexDigits(bytes.subarray(0, HALF)).padEnd(3 * HALF)} ${hexDigits(bytes.subarray(HALF))}`;
    const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines += `  ${at.toString(16).padStart(8, '0')}  ${digits.padEnd(6 * HALF)}  |${text}|\n`;
  }
  return lines;
}
