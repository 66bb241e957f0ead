import type { Size } from './draw';
import type { Line } from './Line';
import { paintLine } from './paintLine';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Writes screens to a terminal: of each only the lines that have changed. The screen from before comes back at the end. */
export class ScreenWriter {
  private shown: string[] | undefined;
  private columns = 0;

  /**
   * @param write - Takes text for the terminal.
   * @param coloured - Whether to use colours: not with `NO_COLOR`.
   */
  constructor(
    private readonly write: (text: string) => void,
    private readonly coloured: boolean,
  ) {}

  show(lines: readonly Line[], { columns, rows }: Size): void {
    let text = '';
    if (this.shown === undefined) text += ENTER;
    else if (this.columns !== columns || this.shown.length !== rows) text += '\x1b[H\x1b[2J';
    const before = text === '' ? this.shown : undefined;
    this.columns = columns;
    const painted = lines.slice(0, rows).map((line) => paintLine(line, columns, this.coloured));
    for (const [row, line] of painted.entries()) {
      if (before?.[row] !== line) text += `\x1b[${row + 1};1H\x1b[2K${line}`;
    }
    this.shown = painted;
    if (text !== '') this.write(text);
  }

  leave(): void {
    if (this.shown === undefined) return;
    this.shown = undefined;
    this.write(LEAVE);
  }
}
