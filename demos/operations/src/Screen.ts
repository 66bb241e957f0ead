/** Draws lines on a terminal, and writes only those that have changed. It uses the alternate screen: what was there comes back. */
import type { Size, Style } from './draw.js';

/** What a screen needs of `process.stdout`. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const CODES: Readonly<Record<Style, string>> = { plain: '', dim: '2', bold: '1', good: '32', warn: '33', bad: '31' };
const [ENTER, LEAVE] = ['\x1b[?1049h\x1b[?25l\x1b[2J', '\x1b[?25h\x1b[?1049l'];

export class Screen {
  private shown: readonly string[] = [];

  constructor(private readonly output: TerminalOutput) {
    output.write(ENTER);
  }

  get size(): Size {
    return { columns: this.output.columns || 80, rows: this.output.rows || 24 };
  }

  show(lines: readonly string[]): void {
    const changes = changesBetween(this.shown, lines);
    this.shown = lines;
    if (changes !== '') this.output.write(changes);
  }

  /** The terminal may show anything now, as after a change of its size: the next lines are all written. */
  forget(): void {
    this.shown = [];
    this.output.write('\x1b[2J');
  }

  leave(): void {
    this.output.write(LEAVE);
  }
}

/** The escape codes that make one picture of another. */
export function changesBetween(before: readonly string[], after: readonly string[]): string {
  let changes = '';
  for (let row = 0; row < Math.max(before.length, after.length); row++) {
    const line = after[row] ?? '';
    // The rest of the line is cleared first: a full line leaves the cursor on its last character.
    if (line !== (before[row] ?? '')) changes += `\x1b[${row + 1};1H\x1b[K${line}`;
  }
  return changes;
}

/** Colours for a terminal, or none. */
export function painter(coloured: boolean): (text: string, style: Style) => string {
  return (text, style) => (coloured && CODES[style] !== '' ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text);
}
