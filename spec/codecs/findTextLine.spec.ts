// Proves how a line inside a frame is found, and the offset of its errors; the rules of lines are in
// textLineDecoder.spec.ts.
import { ByteBuffer, InvalidFrameError, LimitOverrunError } from '../../src';
import { findTextLine } from '../../src/codecs/findTextLine';
import { type LinesOptions, textLineRules } from '../../src/codecs/textLineRules';
import { bytes, cutsOf } from '../support/cuts';
import { thrownBy } from '../support/thrownBy';

/** Searches in `text` (latin1) for every cut; all cuts must agree. */
function find(text: string, from: number, options: LinesOptions, ended: boolean): unknown {
  const found = cutsOf(bytes(text, 'latin1')).map((cut) => {
    const buffer = new ByteBuffer();
    for (const chunk of cut) buffer.append(chunk);
    const result = outcome(() => findTextLine(buffer, from, ended, textLineRules(options)));
    expect(buffer.length).toBe(text.length);
    return result;
  });
  for (const other of found) expect(other).toEqual(found[0]);
  return found[0];
}

function outcome(run: () => unknown): unknown {
  let result: unknown;
  const error = thrownBy(() => {
    result = run();
    throw undefined;
  });
  return error ?? result;
}

describe('findTextLine', () => {
  it.each<[string, number, LinesOptions, boolean, unknown]>([
    ['ab\nc', 0, {}, false, { length: 2, ending: 1 }],
    ['ab\r\nc', 0, {}, false, { length: 2, ending: 2 }],
    ['ab\r\nc', 2, {}, false, { length: 0, ending: 2 }],
    // The "\r" before the start belongs to something else.
    ['ab\r\nc', 3, {}, false, { length: 0, ending: 1 }],
    ['ab\r\nc', 4, {}, false, undefined],
    ['ab\r\nc', 4, {}, true, { length: 1, ending: 0 }],
    ['ab\r\n', 4, {}, true, undefined],
    ['ab', 2, {}, false, undefined],
    ['ab\r\nc', 0, { eol: 'crlf' }, false, { length: 2, ending: 2 }],
    ['ab\nc', 1, { eol: 'crlf' }, false, new InvalidFrameError('the line has a lone "\\n"', 2)],
    ['abc\rd\r\n', 2, { eol: 'crlf' }, false, new InvalidFrameError('the line has a lone "\\r"', 3)],
    ['a\rbcd\r\n', 2, { eol: 'crlf' }, false, { length: 3, ending: 2 }],
    ['a\nb\r\nc', 1, { eol: 'cr' }, false, { length: 2, ending: 1 }],
    ['ab\n', 1, { eol: 'cr' }, false, undefined],
    ['ab\n', 1, { eol: 'cr' }, true, { length: 2, ending: 0 }],
    ['ab\xffc\n', 1, { fatal: true }, false, new InvalidFrameError('the line is not valid UTF-8', 2)],
    ['\xffab\n', 1, { fatal: true }, false, { length: 2, ending: 1 }],
    ['abcd\n', 1, { limit: 3 }, false, { length: 3, ending: 1 }],
    ['abcd\n', 1, { limit: 2 }, false, new LimitOverrunError(2, 4)],
    ['abcd', 1, { limit: 2 }, false, new LimitOverrunError(2, 4)],
    ['abc\r', 1, { limit: 2, eol: 'crlf' }, false, undefined],
  ])('finds the line in %j from byte %i, %j, ended: %p', (text, from, options, ended, expected) => {
    expect(find(text, from, options, ended)).toEqual(expected);
  });
});
