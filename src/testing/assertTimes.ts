/** A time as RxJS reads it: after a space or at the beginning, and before a space. */
const TIMES = /(^| )\d+(\.\d+)?(ms|s|m)(?= )/g;

/**
 * Refuses a diagram with a time that RxJS would read as marbles, as in `'a 10ms|'` and `'a 10 ms b'`.
 *
 * @throws `TypeError` with the time.
 */
export function assertTimes(marbles: string): void {
  const [time] = marbles.replaceAll(TIMES, '').match(/(?<=^| )\d+(\.\d+)?[sm]|\d+(\.\d+)? ?ms/) ?? [];
  if (time === undefined) return;
  throw new TypeError(
    `Cannot read '${time}' in '${marbles}' as a time: it is written as one word, with spaces around it`,
  );
}
