// Proves which values are equal, which are not, and that the message has the time, the place and both time lines.
import { AssertionError } from 'node:assert';
import { ConnectionClosedError, IncompleteReadError } from '../../../src';
import { assertMarbles, hex, runMarbles } from '../../../src/testing';
import { thrownBy } from '../../support/thrownBy';

const next = (frame: number, value: unknown) => ({ frame, notification: { kind: 'N', value, error: undefined } });
const error = (frame: number, reason: unknown) => ({
  frame,
  notification: { kind: 'E', value: undefined, error: reason },
});
const complete = (frame: number) => ({ frame, notification: { kind: 'C', value: undefined, error: undefined } });

class Packet {
  constructor(readonly payload: Buffer) {}
}

const messageOf = (run: () => unknown) => (thrownBy(run) as Error).message;

describe('assertMarbles', () => {
  it.each<[string, unknown, unknown]>([
    ['bytes in any kind of array', Buffer.from('ab'), new Uint8Array([97, 98])],
    ['bytes and their text', Buffer.from('ä\n'), 'ä\n'],
    ['bytes deep inside', { head: [Buffer.from('a')], size: 1 }, { head: ['a'], size: 1 }],
    ['a value that an asymmetric matcher accepts', { partial: Buffer.from('x') }, { partial: expect.any(Buffer) }],
    [
      'errors with the same message',
      new IncompleteReadError(Buffer.from('x'), 2),
      new IncompleteReadError(Buffer.from('x'), 2),
    ],
    ['other things that are deeply equal', new Map([[1, new Date(5)]]), new Map([[1, new Date(5)]])],
    ['NaN', Number.NaN, Number.NaN],
  ])('treats as equal: %s', (_, seen, expected) => {
    expect(() => assertMarbles([next(0, seen)], [next(0, expected)])).not.toThrow();
    expect(() => assertMarbles(seen, expected)).not.toThrow();
  });

  it.each<[string, unknown, unknown, string]>([
    ['a byte', Buffer.from('PONG'), 'PING', "byte 1 is 4f 'O', not 49 'I'"],
    ['a byte that is not text', hex`00 01`, hex`00 02`, 'byte 1 is 01, not 02'],
    ['an end that comes too soon', Buffer.from('PI'), 'PING', 'it ends after 2 of 4 bytes'],
    ['an end that comes too late', Buffer.from('PING'), Buffer.from('PI'), 'it has 2 more than 2 bytes'],
    ['text where bytes were expected', 'a', Buffer.from('a'), "'a' (string) is not 'a' (Buffer)"],
    ['a part', { head: ['x', Buffer.from('a')] }, { head: ['x', 'b'] }, "at head.1: byte 0 is 61 'a', not 62 'b'"],
    ['a part too many', { a: 1, b: 2 }, { a: 1 }, 'at b: 2 is there, and nothing is expected'],
    ['a missing element of a list', ['a'], ['a', 'b'], "at 1: nothing is there, and 'b' is expected"],
    ['another class', new Map(), new Set(), 'Map(0) {} is not Set(0) {}'],
    ['a value that a matcher rejects', 'a', expect.any(Number), "'a' is not Any<Number>"],
    [
      'a field of an instance',
      new Packet(Buffer.from('a')),
      new Packet(Buffer.from('b')),
      "at payload: byte 0 is 61 'a', not 62 'b'",
    ],
    ['zero and minus zero', 0, -0, '0 is not -0'],
    [
      'the bytes of errors',
      new IncompleteReadError(Buffer.from('x'), 2),
      new IncompleteReadError(Buffer.from('y'), 2),
      "at partial: byte 0 is 78 'x', not 79 'y'",
    ],
    [
      'the causes of errors',
      new ConnectionClosedError('m', { cause: 1 }),
      new ConnectionClosedError('m'),
      'at cause: 1 is there, and nothing is expected',
    ],
  ])('says where values differ: %s', (_, seen, expected, said) => {
    expect(messageOf(() => assertMarbles([next(7, seen)], [next(7, expected)]))).toContain(
      `Cannot match the time lines: at 7 ms, ${said}\n`,
    );
    expect(messageOf(() => assertMarbles(seen, expected))).toBe(`Cannot match the values: ${said}`);
  });

  it('handles values that contain themselves', () => {
    const ring = () => {
      const one: { self?: unknown; bytes: Buffer } = { bytes: Buffer.from('x') };
      one.self = one;
      return one;
    };
    expect(() => assertMarbles([next(0, ring())], [next(0, ring())])).not.toThrow();
  });

  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

  it.each<[string, unknown, string | undefined]>([
    ['an error like it', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), undefined],
    ['another error', new Error('read ECONNRESET'), "at code: 'ECONNRESET' is there, and nothing is expected"],
    ['its class', Error, undefined],
    ['another class', TypeError, 'Error: read ECONNRESET is no TypeError'],
    ['a regular expression', /RESET$/, undefined],
    ['one that does not match', /PIPE/, 'Error: read ECONNRESET does not match /PIPE/'],
    ['some of its fields', { code: 'ECONNRESET', message: /^read / }, undefined],
    ['another value of a field', { code: 'EPIPE' }, "the error's code: 'ECONNRESET' is not 'EPIPE'"],
    ['a field that does not match', { message: /^write/ }, "the error's message: 'read ECONNRESET' is not /^write/"],
    ['a matcher', expect.objectContaining({ code: 'ECONNRESET' }), undefined],
    ['a text', 'error', "Error: read ECONNRESET is not 'error'"],
  ])('compares an error with %s, like assert.throws', (_, expected, said) => {
    const compare = () => assertMarbles([error(3, reset)], [error(3, expected)]);
    if (said === undefined) expect(compare).not.toThrow();
    else expect(messageOf(compare)).toContain(`at 3 ms, ${said}\n`);
  });

  it('shows both time lines, and marks the first difference', () => {
    const seen = [
      next(0, Buffer.from('HELLO\r\n')),
      next(3, Buffer.from('PONG\r\n')),
      next(3, hex`00 ff`),
      complete(12),
    ];
    const expected = [next(0, 'HELLO\r\n'), next(3, 'PING\r\n'), error(12, reset)];
    const failure = thrownBy(() => assertMarbles(seen, expected)) as AssertionError;
    expect(failure).toBeInstanceOf(AssertionError);
    expect(failure.code).toBe('ERR_ASSERTION');
    expect(failure.message.split('\n')).toEqual([
      "Cannot match the time lines: at 3 ms, byte 1 is 4f 'O', not 49 'I'",
      '',
      '          expected                   seen',
      "   0 ms   'HELLO\\r\\n'                'HELLO\\r\\n'",
      ">  3 ms   'PING\\r\\n'                 'PONG\\r\\n'",
      '   3 ms                              hex`00 ff`',
      '  12 ms   # Error: read ECONNRESET   |',
    ]);
  });

  it.each<[string, unknown[], unknown[], string]>([
    ['a missing event', [], [next(2, 'a')], "at 2 ms, 'a' was expected, and nothing more was seen"],
    [
      'an additional event',
      [next(2, 'a'), complete(3)],
      [next(2, 'a')],
      'at 3 ms, | was seen, and nothing more was expected',
    ],
    ['a late event', [next(5, 'a')], [next(2, 'a')], "at 2 ms, 'a' was seen at 5 ms, and expected at 2 ms"],
    ['an early event', [next(1, 'b'), next(2, 'a')], [next(2, 'a')], "at 1 ms, 'b' was seen, and nothing was expected"],
    ['another event later', [next(3, 'b')], [next(2, 'a')], "at 2 ms, 'a' was expected, and nothing was seen"],
    ['an end instead of a value', [complete(2)], [next(2, 'a')], "at 2 ms, | was seen, and 'a' expected"],
  ])('reports %s', (_, seen, expected, said) => {
    expect(messageOf(() => assertMarbles(seen, expected))).toContain(said);
  });

  it('shows the surroundings of the difference in long ones', () => {
    const long = (odd: number) => Array.from({ length: 100 }, (_, i) => next(i, i === odd ? 'odd' : 'even'));
    const lines = messageOf(() => assertMarbles(long(50), long(-1))).split('\n');
    expect(lines.slice(3)).toHaveLength(1 + 8 + 1 + 8 + 1);
    expect(lines[3]).toBe('  … 42 more lines, the same on both sides');
    expect(lines.at(-1)).toBe('  … 41 more lines');
    expect(lines.find((line) => line.startsWith('>'))).toBe("> 50 ms   'even'     'odd'");
  });

  it('shows the byte position in long bytes', () => {
    const [one, other] = [Buffer.alloc(1000, 'x'), Buffer.alloc(1000, 'x')];
    other[500] = 0x79;
    const message = messageOf(() => assertMarbles([next(0, one)], [next(0, other)]));
    expect(message).toContain("byte 500 is 78 'x', not 79 'y'");
    expect(message).toContain("'… (1000 bytes)");
    expect(Math.max(...message.split('\n').map(({ length }) => length))).toBeLessThan(200);
  });

  it('compares subscriptions, one or several', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b|');
      expectObservable(source, '^-!').toBe('-a');
      expectObservable(source, '--^').toBe('---a-b|');
      expectSubscriptions(source.subscriptions).toBe(['^-!', '--^---!']);
    });
    const times = (subscribedFrame: number, unsubscribedFrame: number) => ({ subscribedFrame, unsubscribedFrame });
    expect(messageOf(() => assertMarbles([times(0, 3)], [times(0, 5)]))).toContain(
      '! was seen at 3 ms, and expected at 5 ms',
    );
    expect(messageOf(() => assertMarbles([times(0, Number.POSITIVE_INFINITY)], [times(0, 5)]))).toContain(
      '! was expected',
    );
    const both = () => assertMarbles([times(0, 3), times(1, 2)], [times(0, 3), times(1, 9)]);
    expect(messageOf(both)).toContain('! of subscription 2 was seen at 2 ms, and expected at 9 ms');
  });
});
