import { indexOfByte } from './indexOfByte';

/**
 * Whole lines that were decoded at once and are handed out one by one.
 *
 * A `\n` or `\r` byte is never part of a longer UTF-8 sequence. So any number of whole lines can be decoded at once and cut as text,
 * which is several times faster than decoding each line. The price: when a read of another kind follows, the place in
 * the bytes must be found again. If every byte became one character, it is the place in the text. Else `taken` counts
 * the line ends in the bytes.
 *
 * The run belongs to the `ByteBuffer` whose bytes it shows. It ends as soon as something reads from the buffer in another
 * way: `taken` then says how many bytes the lines had that were handed out. Asking how much is left does not end it.
 */
export class TextRun {
  /** Where the next line starts in `text`. */
  private at = 0;
  private lines = 0;
  /** How many lines were counted in the bytes, and where the last of them ends. */
  private counted = 0;
  private countedEnd: number;

  constructor(
    /** The decoder that made it: another decoder must not continue it. */
    readonly owner: unknown,
    private readonly text: string,
    private readonly head: Buffer,
    private readonly start: number,
    private readonly end: number,
    /** True if lines end with `\r` and not with `\n`. */
    private readonly returns = false,
  ) {
    this.countedEnd = start;
  }

  /**
   * The next line without its ending, or `undefined` after the last.
   *
   * @param strict - Accept only `\r\n` as an ending, and return `undefined` at a line that has a lone `\r` or `\n`.
   */
  next(strict: boolean): string | undefined {
    const from = this.at;
    const newline = this.text.indexOf(this.returns ? '\r' : '\n', from);
    if (newline < 0) return undefined;
    let end = newline;
    if (this.returns) {
      // A `\n` belongs to the line.
    } else if (strict) {
      end = this.text.indexOf('\r', from);
      if (end < 0 || end !== newline - 1) return undefined;
    } else if (newline > from && this.text.charCodeAt(newline - 1) === 13) {
      end--;
    }
    this.at = newline + 1;
    this.lines++;
    return this.text.slice(from, end);
  }

  /** How many bytes the lines have that were taken so far, with their endings. */
  taken(): number {
    if (this.at === this.text.length) return this.end - this.start;
    if (this.text.length === this.end - this.start) return this.at;
    const newline = this.returns ? 13 : 10;
    for (; this.counted < this.lines; this.counted++) {
      this.countedEnd = indexOfByte(this.head, newline, this.countedEnd) + 1;
    }
    return this.countedEnd - this.start;
  }
}
