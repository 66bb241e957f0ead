import { indexOfByte } from './indexOfByte';

/**
 * Whole lines that were decoded in one go and are handed out one by one.
 *
 * A `\n` byte is never part of a longer UTF-8 sequence, so any number of whole lines can be decoded at once and cut as
 * text, which is several times faster than decoding each. The price is that the place in the bytes has to be found
 * again when somebody wants to read them another way. Where every byte became one character that is the place in the
 * text; else the line ends are counted in the bytes, and only when asked.
 *
 * The run belongs to the `ByteBuffer` whose bytes it shows, and ends as soon as somebody reads from the buffer in any
 * other way: `taken` then says how many bytes the lines that were handed out had. Asking how much is left does not end it.
 */
export class TextRun {
  /** Where the next line starts in `text`. */
  private at = 0;
  private lines = 0;
  /** How many of the lines were counted in the bytes, and where the last of those ends. */
  private counted = 0;
  private countedEnd: number;

  constructor(
    /** Who decodes it: another decoder must not go on with it. */
    readonly owner: unknown,
    private readonly text: string,
    private readonly head: Buffer,
    private readonly start: number,
    private readonly end: number,
  ) {
    this.countedEnd = start;
  }

  /**
   * The next line without its ending, or `undefined` after the last.
   *
   * @param strict - Take only `\r\n` as an ending, and answer `undefined` at a line that has a lone `\r` or `\n`.
   */
  next(strict: boolean): string | undefined {
    const from = this.at;
    const newline = this.text.indexOf('\n', from);
    if (newline < 0) return undefined;
    let end = newline;
    if (strict) {
      end = this.text.indexOf('\r', from);
      if (end < 0 || end !== newline - 1) return undefined;
    } else if (newline > from && this.text.charCodeAt(newline - 1) === 13) {
      end--;
    }
    this.at = newline + 1;
    this.lines++;
    return this.text.slice(from, end);
  }

  /** How many bytes the lines taken so far have, their endings included. */
  taken(): number {
    if (this.at === this.text.length) return this.end - this.start;
    if (this.text.length === this.end - this.start) return this.at;
    for (; this.counted < this.lines; this.counted++) this.countedEnd = indexOfByte(this.head, 10, this.countedEnd) + 1;
    return this.countedEnd - this.start;
  }
}
