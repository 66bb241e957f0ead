import { checkLimit } from '../argumentChecks';

/** Encodings in which no character but the newline has the newline's byte. */
export type LinesEncoding = 'utf8' | 'utf-8' | 'latin1' | 'ascii';

/** How lines of text are cut and decoded. */
export interface LinesOptions {
  /** How bytes become text. Default `'utf8'`. */
  readonly encoding?: LinesEncoding | undefined;
  /** The longest line in bytes, its ending not counted. Default: the reader's limit, 64 KiB. */
  readonly limit?: number | undefined;
  /**
   * What ends a line: `'lf'` accepts `\n` and `\r\n`. `'cr'` accepts only `\r`, as many instruments send it; a `\n` belongs to
   * the line. `'crlf'` accepts only `\r\n`, and refuses a line with a lone `\r` or `\n`, because two programs could read such a
   * line in two ways. Default `'lf'`.
   */
  readonly eol?: 'lf' | 'crlf' | 'cr' | undefined;
  /** Refuse bytes that are not UTF-8, instead of decoding them to U+FFFD. Default `false`. */
  readonly fatal?: boolean | undefined;
}

/** The options after the check, with their defaults. */
export interface TextLineRules {
  readonly encoding: LinesEncoding;
  readonly limit: number | undefined;
  readonly eol: 'lf' | 'crlf' | 'cr';
  /** The bytes must be UTF-8. */
  readonly fatal: boolean;
}

const ENCODINGS: ReadonlySet<string> = new Set<LinesEncoding>(['utf8', 'utf-8', 'latin1', 'ascii']);

/** @throws `TypeError` or `RangeError` for invalid options. */
export function textLineRules(options: LinesOptions): TextLineRules {
  const { encoding = 'utf8', eol = 'lf', fatal = false } = options;
  if (!ENCODINGS.has(encoding)) {
    throw new TypeError(`Cannot read lines of ${encoding}: the encoding must be one of ${[...ENCODINGS].join(', ')}`);
  }
  if (eol !== 'lf' && eol !== 'crlf' && eol !== 'cr') {
    throw new TypeError(`Cannot end lines at ${String(eol)}: eol must be 'lf', 'crlf' or 'cr'`);
  }
  return {
    encoding,
    limit: checkLimit(options),
    eol,
    fatal: fatal && encoding.startsWith('utf'),
  };
}
