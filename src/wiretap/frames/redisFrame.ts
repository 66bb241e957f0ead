import { type FrameReader, InvalidFrameError } from '../..';

/** No command and no reply is deeper. */
const MAX_DEPTH = 16;

/**
 * A command or a reply of Redis, RESP2 and RESP3, as the text that people write: `SET key value`, `OK`, `(nil)`, `[1, "a b"]`.
 *
 * At the top an array of strings is a command, or a list of them.
 */
export function* redisFrame(read: FrameReader): Generator<undefined, string, undefined> {
  return yield* frame(read, 0);
}

function* frame(read: FrameReader, depth: number): Generator<undefined, string, undefined> {
  if (depth > MAX_DEPTH) throw new InvalidFrameError(`there are more than ${MAX_DEPTH} replies inside each other`, 0);
  const line = yield* read.line({ eol: 'crlf' });
  const text = line.slice(1);
  switch (line[0]) {
    case '+':
      return text;
    case '-':
      return `(error) ${text}`;
    case ':':
    case ',':
    case '(':
      return text;
    case '#':
      return text === 't' ? '(true)' : '(false)';
    case '_':
      return '(nil)';
    case '$':
    case '=':
    case '!':
      return yield* blob(read, line);
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
      return yield* items(read, line, depth);
    default:
      // A command may be a line of words.
      if (depth === 0 && /^\w/.test(line)) return line;
      throw new InvalidFrameError(`there is no type ${JSON.stringify(line[0] ?? '')}`, 0);
  }
}

function* blob(read: FrameReader, line: string): Generator<undefined, string, undefined> {
  const size = count(line, -1);
  if (size < 0) return '(nil)';
  const bytes = yield* read.exactly(size);
  const end = yield* read.exactly(2);
  if (end[0] !== 13 || end[1] !== 10) throw new InvalidFrameError('there is no line end behind a string', size);
  const text = bytes.toString();
  const [type] = line;
  if (type === '!') return `(error) ${text}`;
  const shown = type === '=' ? text.slice(4) : text;
  return /^[^\s"'[\](),]+$/.test(shown) ? shown : JSON.stringify(shown);
}

function* items(read: FrameReader, line: string, depth: number): Generator<undefined, string, undefined> {
  const [type] = line;
  const size = count(line, -1);
  if (size < 0) return '(nil)';
  const pairs = type === '%' || type === '|';
  const parts: string[] = [];
  for (let i = 0; i < (pairs ? 2 * size : size); i++) parts.push(yield* frame(read, depth + 1));
  // Attributes come before their reply.
  if (type === '|') return yield* frame(read, depth + 1);
  if (type === '*' && depth === 0) return parts.join(' ');
  const shown = pairs
    ? `{${Array.from({ length: size }, (_, i) => `${parts[2 * i]}: ${parts[2 * i + 1]}`).join(', ')}}`
    : `[${parts.join(', ')}]`;
  return type === '>' ? `(push) ${shown}` : shown;
}

function count(line: string, least: number): number {
  const text = line.slice(1);
  const size = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (size >= least) return size;
  throw new InvalidFrameError(`${JSON.stringify(text)} is no length`, 1);
}
