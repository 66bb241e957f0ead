import type { Redact } from '..';

/**
 * Hides what patterns match: each byte becomes a `*`. If a pattern has groups, only they are hidden, as in `AUTH (\S+)`. Lengths stay,
 * so frames stay whole. A match within one chunk is found, not one that is cut.
 *
 * @param patterns - With the flags `d` and `g`. Each byte is a character.
 */
export function redactBy(patterns: readonly RegExp[]): Redact {
  return (bytes) => {
    const text = bytes.toString('latin1');
    for (const pattern of patterns) {
      for (const { indices = [] } of text.matchAll(pattern)) {
        const ranges = indices.length > 1 ? indices.slice(1) : indices;
        // A group that takes no part in the match has no range.
        for (const range of ranges) if (range !== undefined) bytes.fill('*', range[0], range[1]);
      }
    }
    return bytes;
  };
}
