/** Rows of cells. The first cell has a width of `first`, the others of 13 characters. */
export function columns(rows: readonly (readonly string[])[], first = 48): string {
  return rows
    .map(([name = '', ...cells]) => name.padEnd(first) + cells.map((cell) => cell.padStart(13)).join(''))
    .map((line) => line.trimEnd())
    .join('\n');
}
