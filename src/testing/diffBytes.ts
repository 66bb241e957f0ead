import { hexDigits } from '../bytes/hexDigits';
import { showBytes } from '../bytes/showBytes';
import { firstDifference } from './firstDifference';

/** How many bytes are shown, and how many of them before the first difference. */
const SHOWN = 16;
const BEFORE = 6;

/**
 * Two runs of bytes one above the other, as text and as digits, with a mark under the first byte that differs:
 *
 *     expected   'PING\r\n'
 *                50 49 4e 47 0d 0a
 *     seen       'PONG\r\n'
 *                50 4f 4e 47 0d 0a
 *                   ^^ byte 1
 */
export function diffBytes(expected: Uint8Array, seen: Uint8Array): string {
  const place = firstDifference(expected, seen);
  const from = place + SHOWN - BEFORE < SHOWN ? 0 : place - BEFORE;
  const indent = ' '.repeat(11);
  const rows = [expected, seen].map((bytes, i) => {
    const part = bytes.subarray(from, from + SHOWN);
    const [before, after] = [from > 0 ? '… ' : '', bytes.length > from + SHOWN ? ' …' : ''];
    const text = bytes.length === 0 ? 'nothing' : `${before}${showBytes(part)}${after}`;
    return `${(i === 0 ? 'expected' : 'seen').padEnd(11)}${text}\n${indent}${before}${hexDigits(part)}${after}`.trimEnd();
  });
  const mark = `${indent}${' '.repeat((from > 0 ? 2 : 0) + 3 * (place - from))}^^ byte ${place}`;
  return [...rows, mark].join('\n');
}
