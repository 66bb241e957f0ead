// Proves RESP2 and RESP3 by their bytes, for any cut, and which input is an error; and that the demo prints what its
// header says.
import * as fc from 'fast-check';
import { InvalidFrameError, LimitOverrunError } from 'rxjs-tcp';
import { type FramePair, verifyDecoder } from 'rxjs-tcp/testing';
import { command, main, Push, RedisError, type Reply, reply } from '../../demos/redisClient';
import { decode } from '../../src';
import { bytes } from '../support/cuts';
import { handFed } from '../support/handFed';
import { runs } from '../support/runs';
import { describeDemo } from './describeDemo';

/** The replies that a reader returns for bytes. */
function told(text: string): unknown {
  const { reader, push } = handFed();
  let result: unknown;
  reader.pipe(decode(reply)).subscribe({ next: (frame) => (result = frame), error: (error) => (result = error) });
  push(bytes(text, 'latin1'));
  return result;
}

describe('the demo redisClient', () => {
  describeDemo('redisClient', main);

  it('reads replies of RESP2', () => {
    verifyDecoder<Reply>(reply, [
      ['+OK\r\n', 'OK'],
      ['+\r\n', ''],
      ['-ERR no\r\n', new RedisError('ERR no')],
      [':-42\r\n', -42],
      ['$5\r\nGr\xc3\xbc\r\n'.replace('\xc3\xbc', 'ü').replace('5', '4'), 'Grü'],
      ['$0\r\n\r\n', ''],
      ['$4\r\n\r\n\r\n\r\n', '\r\n\r\n'],
      ['$-1\r\n', null],
      ['*0\r\n', []],
      ['*-1\r\n', null],
      ['*3\r\n$1\r\na\r\n:2\r\n*2\r\n+b\r\n-c\r\n', ['a', 2, ['b', new RedisError('c')]]],
    ]);
  });

  it('reads replies of RESP3', () => {
    verifyDecoder<Reply>(reply, [
      ['_\r\n', null],
      ['#t\r\n', true],
      ['#f\r\n', false],
      [',1.5e3\r\n', 1500],
      [',-inf\r\n', Number.NEGATIVE_INFINITY],
      [',nan\r\n', Number.NaN],
      ['(-123456789012345678901234567890\r\n', -123456789012345678901234567890n],
      ['!5\r\nERR x\r\n', new RedisError('ERR x')],
      ['=7\r\ntxt:abc\r\n', 'abc'],
      ['~2\r\n:1\r\n:2\r\n', [1, 2]],
      ['%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*1\r\n_\r\n', { a: 1, b: [null] }],
      ['>2\r\n+message\r\n$2\r\nhi\r\n', new Push(['message', 'hi'])],
      ['|1\r\n+ttl\r\n:3600\r\n*1\r\n:7\r\n', [7]],
    ]);
  });

  it('decodes the commands that it encoded, for any bytes and cuts', () => {
    const words = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 3 }), (commands) => {
        const pairs = commands.map((one): FramePair<Reply> => [command.encode(one), one]);
        verifyDecoder<Reply>(reply, pairs, { cuts: 3 });
      }),
      { seed: 4, numRuns: runs(6, 20) },
    );
    expect(`${command.encode(['SET', 'k', Buffer.from('ü')])}`).toBe('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nü\r\n');
  });

  it.each([
    ['x\r\n', 'there is no type "x"'],
    ['\r\n', 'there is no type ""'],
    ['+OK\n', 'the line has a lone "\\n"'],
    [':1.5\r\n', '"1.5" is no number'],
    ['$-2\r\n', '"-2" is no number'],
    ['$0x10\r\n', '"0x10" is no number'],
    ['*1e9\r\n', '"1e9" is no number'],
    ['(1.5\r\n', '1.5 is no number'],
    ['$1\r\nabc', 'a string does not end where it should'],
    ['*1\r\n'.repeat(20), 'more than 16 replies inside each other'],
  ])('errors for %j', (text, reason) => {
    expect(told(text)).toBeInstanceOf(InvalidFrameError);
    expect((told(text) as Error).message).toContain(reason);
  });

  it.each(['$4294967296\r\n', '$16777216\r\n', `+${'x'.repeat(65_537)}`])('has a limit: %.20j', (text) => {
    expect(told(text)).toBeInstanceOf(LimitOverrunError);
  });
});
