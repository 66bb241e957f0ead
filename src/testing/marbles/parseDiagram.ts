import { TestScheduler } from 'rxjs/testing';

type Messages = ReturnType<typeof TestScheduler.parseMarbles>;

/** The least length of a part, in characters. */
const PART = 200;

/**
 * The events of a diagram of `run`, as RxJS reads them.
 *
 * For each time, RxJS copies the rest of the diagram: 20,000 marbles took minutes. So a long diagram is read in parts. A part
 * ends with a space outside of a group, and a last marble tells how long it is.
 */
export function parseDiagram(marbles: string, values?: unknown, error?: unknown, inner = false): Messages {
  if (marbles.includes('^')) return TestScheduler.parseMarbles(marbles, values, error, inner, true);
  const all: Messages = [];
  let start = 0;
  let began = 0;
  while (start < marbles.length) {
    const end = endOfPart(marbles, start);
    const part = TestScheduler.parseMarbles(`${marbles.slice(start, end)}|`, values, error, inner, true);
    const last = part.pop()?.frame ?? 0;
    for (const { frame, notification } of part) all.push({ frame: began + frame, notification });
    began += last;
    start = end;
  }
  return all;
}

function endOfPart(marbles: string, start: number): number {
  for (let end = start + PART; end < marbles.length; end++) {
    end = marbles.indexOf(' ', end);
    if (end < 0) break;
    const part = marbles.slice(start, end);
    if (part.lastIndexOf('(') <= part.lastIndexOf(')')) return end + 1;
  }
  return marbles.length;
}
