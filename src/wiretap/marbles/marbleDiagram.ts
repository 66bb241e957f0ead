/** The marbles of one millisecond, as characters. */
export interface Moment {
  readonly time: number;
  readonly marbles: string;
}

/**
 * A diagram in the syntax of `TestScheduler.run`: `'a 12ms b--(c|)'`.
 *
 * A marble takes a millisecond. A group takes as many as it has characters, so only the last moment may have several marbles.
 *
 * @param moments - The moments in order, each at another time.
 */
export function marbleDiagram(moments: readonly Moment[]): string {
  let diagram = '';
  let now = 0;
  for (const { time, marbles } of moments) {
    const gap = time - now;
    if (gap > 5) diagram += `${diagram === '' ? '' : ' '}${gap}ms `;
    else diagram += '-'.repeat(gap);
    const single = [...marbles].length === 1;
    diagram += single ? marbles : `(${marbles})`;
    now = time + (single ? 1 : [...marbles].length + 2);
  }
  return diagram;
}
