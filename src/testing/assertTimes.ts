/** A time as RxJS reads it: with a space, or the beginning, before it, and a space behind it. */
const TIMES = /(^| )\d+(\.\d+)?(ms|s|m)(?= )/g;

/**
 * Refuses a diagram with a time that would be taken for marbles, as `'a 10ms|'` and `'a 10 ms b'` are.
 *
 * @throws `TypeError` - That says which.
 */
export function assertTimes(marbles: string): void {
  const [time] = marbles.replaceAll(TIMES, '').match(/(?<=^| )\d+(\.\d+)?[sm]|\d+(\.\d+)? ?ms/) ?? [];
  if (time === undefined) return;
  throw new TypeError(
    `Cannot read '${time}' in '${marbles}' as a time: it is written as one word, with spaces around it`,
  );
}
