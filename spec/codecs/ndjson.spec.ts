// Proves that values come out of any cut, that an invalid line is reported with the offset of its first wrong byte and
// costs no other line, and that only lines of JSON are encoded.
import * as fc from 'fast-check';
import { of, retry } from 'rxjs';
import { verifyDecoder } from 'rxjs-tcp/testing';
import { decode, InvalidFrameError, LimitOverrunError, type NdjsonOptions, ndjson } from '../../src';
import { utf8ErrorOffset } from '../../src/codecs/utf8ErrorOffset';
import { bytes, cutsOf } from '../support/cuts';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { runs } from '../support/runs';
import { thrownBy } from '../support/thrownBy';

/** The values that come out of chunks, as text; and each invalid line that onInvalid received. */
function read(chunks: Buffer[], options: NdjsonOptions, goOn = true): { seen: string[]; told: string[] } {
  const told: string[] = [];
  const onInvalid = (error: InvalidFrameError, line: Buffer) => told.push(`${error.offset} ${line.toString('latin1')}`);
  const { reader, push, end } = handFed();
  const seen: string[] = [];
  reader.pipe(decode(ndjson(goOn ? { ...options, onInvalid } : options))).subscribe({
    next: (value) => seen.push(JSON.stringify(value)),
    error: (error) => seen.push(`# ${error.name} ${error.offset ?? error.consumed}`),
    complete: () => seen.push('|'),
  });
  push(...chunks);
  end();
  return { seen, told };
}

describe('ndjson', () => {
  it('reads and writes one value per line', () => {
    verifyDecoder<unknown>(
      ndjson(),
      [
        ['{"id":1}\n', { id: 1 }],
        ['[1,"zwei",null]\n', [1, 'zwei', null]],
        ['"ünï → 😀"\n', 'ünï → 😀'],
        ['null\n', null],
        ['false\n', false],
        ['0\n', 0],
        ['""\n', ''],
      ],
      { atEnd: lastLine },
    );
  });

  it('accepts "\\r\\n" and space around a value, and skips empty lines', () => {
    verifyDecoder<unknown>(
      ndjson(),
      [
        ['1\r\n', 1],
        ['\n', undefined],
        ['\r\n', undefined],
        [' \t \n', undefined],
        [' [ 2 ]\t\r\n', [2]],
      ],
      { atEnd: lastLine, manyForms: true },
    );
  });

  it('decodes the values that it encoded, for any values and cuts', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1, maxLength: 3 }), (values) => {
        const codec = ndjson();
        // The value after JSON: it has no -0.
        const pairs = values.map((value) => [codec.encode(value), JSON.parse(JSON.stringify(value))] as const);
        verifyDecoder<unknown>(codec, pairs, { atEnd: lastLine, cuts: 3 });
      }),
      { seed: 4, numRuns: runs(5, 15) },
    );
  });

  it('writes each value on one line, whatever it contains', () => {
    const awkward = { text: 'a\nb\r\u2028\u0000', bad: '\ud800' };
    const line = Buffer.from(ndjson().encode(awkward));
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(ndjson().encode({ toJSON: () => 7 })).toEqual(bytes('7\n'));
  });

  // Lines as latin1, the offset of the error, and the values decoded from "1\n" + line + "\n2\n".
  it.each([
    ['{', 1],
    ['{"a":1,}', 7],
    ['nul', 3],
    ['[1 2]', 3],
    ["{'a':1}", 1],
    ['1 2', 2],
    ['NaN', 0],
    ['undefined', 0],
    ['"\x01"', 1],
    ['\xef\xbb\xbf{}', 0],
    // UTF-8: the offset counts bytes; invalid UTF-8 is an error where it begins.
    ['"\xc3\xa4" x', 5],
    ['["\xf0\x9f\x98\x80",]', 8],
    ['"a\xff"', 2],
    ['"\xc3"', 1],
    ['\xa0', 0],
    ['\xc2\xa0', 0],
    ['\xef\xbb\xbf', 0],
  ])('reports the error in %j at byte %i', (line, offset) => {
    const input = bytes(`1\n${line}\n2\n`, 'latin1');
    for (const cut of cutsOf(input, 10).slice(0, 40)) {
      expect(read(cut, {})).toEqual({ seen: ['1', '2', '|'], told: [`${offset} ${line}\n`] });
      expect(read(cut, {}, false)).toEqual({ seen: ['1', `# InvalidFrameError ${offset}`], told: [] });
    }
  });

  it('gives the reason in the error', () => {
    const { reader, push } = handFed();
    const told: unknown[] = [];
    record(reader.pipe(decode(ndjson<string>({ onInvalid: (...args) => told.push(args) }))));
    push('x\n', bytes('\xff\n', 'latin1'));
    expect(told).toEqual([
      [new InvalidFrameError('the line is not JSON', 0), bytes('x\n')],
      [new InvalidFrameError('the line is not valid UTF-8', 0), bytes('\xff\n', 'latin1')],
    ]);
  });

  it('consumes an invalid line: the next read starts after it', () => {
    const { reader, push } = handFed();
    const first = record(reader.pipe(decode(ndjson<string>())));
    push('"a"\n{]\n"b"\nrest');
    expect(first.seen).toEqual(['a', '# InvalidFrameError']);
    expect(reader.peek(99).toString()).toBe('"b"\nrest');
    expect(record(reader.pipe(decode(ndjson<string>()))).seen).toEqual(['b']);
  });

  it('reads nothing more when the read is cancelled or held inside onInvalid', () => {
    const { reader, push } = handFed();
    const seen: unknown[] = [];
    const cancel = () => subscription.unsubscribe();
    const subscription = reader.pipe(decode(ndjson({ onInvalid: cancel }))).subscribe((value) => seen.push(value));
    push('1\nx\n2\n3\n');
    expect(seen).toEqual([1]);
    expect(reader.peek(99).toString()).toBe('2\n3\n');

    let release = () => {};
    const onInvalid = () => {
      release = reader.pause();
    };
    reader.pipe(decode(ndjson({ onInvalid }))).subscribe((value) => seen.push(value));
    push('y\n4\n');
    expect(seen).toEqual([1, 2, 3]);
    release();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('passes on an error that onInvalid throws', () => {
    const { reader, push } = handFed();
    const onInvalid = () => {
      throw new Error('too many');
    };
    const { seen } = record(reader.pipe(decode(ndjson<string>({ onInvalid }))));
    push('x\n"b"\n');
    expect(seen).toEqual(['# too many']);
    expect(reader.peek(9).toString()).toBe('"b"\n');
  });

  it('drops a line over the limit through its end, for every cut', () => {
    for (const cut of cutsOf(bytes('"a"\n"abc"\n"c"\n'), 60)) {
      const { reader, push } = handFed();
      const errors: unknown[] = [];
      const delay = (error: unknown) => {
        errors.push(error);
        return of('again');
      };
      const { seen } = record(reader.pipe(decode(ndjson<string>({ limit: 4 })), retry({ delay })));
      push(...cut);
      expect(errors).toEqual([new LimitOverrunError(4, 5)]);
      expect(seen).toEqual(['a', 'c']);
    }
  });

  it('decodes a deeply nested value, and errors for an incomplete one', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const { reader, push } = handFed();
    const seen: unknown[] = [];
    reader.pipe(decode(ndjson())).subscribe((value) => seen.push(value));
    push(`${deep}\n`, '1\n');
    expect(seen.length).toBe(2);
    const { seen: after, told } = read([Buffer.from(`${'['.repeat(30_000)}\n1\n`)], {});
    expect(after).toEqual(['1', '|']);
    expect(told.map((line) => line.slice(0, 9))).toEqual(['30000 [[[']);
  });

  it.each<[string, unknown, new (message: string) => Error]>([
    ['undefined', undefined, TypeError],
    ['a function', () => 1, TypeError],
    ['a symbol', Symbol('x'), TypeError],
    ['a bigint', 1n, TypeError],
    ['a value that becomes undefined', { toJSON: () => undefined }, TypeError],
  ])('encode() throws for %s', (_, value, type) => {
    expect(() => ndjson().encode(value)).toThrow(type);
  });

  it('encode() throws for a circular value, and for a line over the limit', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => ndjson().encode(circle)).toThrow(TypeError);
    expect(thrownBy(() => ndjson({ limit: 4 }).encode('abc'))).toEqual(new LimitOverrunError(4, 5));
    expect(ndjson({ limit: 5 }).encode('abc')).toEqual(bytes('"abc"\n'));
  });

  it.each([0, -1, 1.5, '9'])('throws for a limit of %p', (limit) => {
    expect(() => ndjson({ limit: limit as number })).toThrow(`Cannot use ${limit} as limit`);
  });
});

/** The last line need not be complete; but if it ends too early, it is invalid JSON from there on. */
function lastLine(partial: Buffer): { frames: unknown[]; error?: unknown } {
  const invalid = utf8ErrorOffset(partial);
  if (invalid >= 0) return { frames: [], error: new InvalidFrameError('the line is not valid UTF-8', invalid) };
  const text = partial.toString();
  if (text.trim() === '') return { frames: [] };
  try {
    return { frames: [JSON.parse(text)] };
  } catch {
    return { frames: [], error: new InvalidFrameError('the line is not JSON', partial.length) };
  }
}
