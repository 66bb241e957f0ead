/** Rows of cells: the first is so wide, the others 13 characters. */
export function columns(rows: readonly (readonly string[])[], first = 48): string {
  return rows
    .map(([name = '', ...cells]) => name.padEnd(first) + cells.map((cell) => cell.padStart(13)).join(''))
    .map((line) => line.trimEnd())
    .join('\n');
}
