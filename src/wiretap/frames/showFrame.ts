import { inspect } from 'node:util';
import { showBytes } from '../../bytes/showBytes';
import { escapeText } from '../print/escapeText';

/** A frame in one line of at most `width` columns. Nothing in it is a command to a terminal. */
export function showFrame(frame: unknown, width: number): string {
  const text = escapeText(textOf(frame, width));
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function textOf(frame: unknown, width: number): string {
  if (typeof frame === 'string') return frame;
  if (frame instanceof Uint8Array) return showBytes(frame.subarray(0, width));
  try {
    return inspect(frame, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: width, depth: 4 });
  } catch {
    // The frame shows itself in its own way, which fails. The traffic goes on.
    return '(a frame that cannot be shown)';
  }
}
