/** What happens in one millisecond: marbles by their characters. */
export interface Moment {
  readonly time: number;
  readonly marbles: string;
}

/**
 * A diagram in the syntax of `TestScheduler.run`: `'a 12ms b--(c|)'`.
 *
 * A marble takes a millisecond, and a group as many as it has characters, so the last moment alone may have several.
 *
 * @param moments - In order, each at another time.
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
