import { InvalidFrameError } from 'rxjs-tcp';
import { verifyDecoder } from 'rxjs-tcp/testing';
import { redisFrame } from '../../../src/wiretap/frames/redisFrame';

describe('redisFrame', () => {
  it('shows commands and replies as people write them, for every cut', () => {
    verifyDecoder(redisFrame, [
      ['*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\na b\r\n\r\n', 'SET key "a b\\r\\n"'],
      ['PING\r\n', 'PING'],
      ['+OK\r\n', 'OK'],
      ['-ERR no\r\n', '(error) ERR no'],
      [':-42\r\n', '-42'],
      [',1.5\r\n', '1.5'],
      ['$-1\r\n', '(nil)'],
      ['_\r\n', '(nil)'],
      ['*-1\r\n', '(nil)'],
      ['$0\r\n\r\n', '""'],
      ['#t\r\n', '(true)'],
      ['*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n', 'a [1, 2]'],
      ['%1\r\n+proto\r\n:3\r\n', '{proto: 3}'],
      ['>2\r\n+message\r\n+hi\r\n', '(push) [message, hi]'],
      ['=7\r\ntxt:abc\r\n', 'abc'],
      ['!3\r\nbad\r\n', '(error) bad'],
      ['|1\r\n+ttl\r\n:1\r\n+OK\r\n', 'OK'],
    ]);
  });

  it('refuses what is no frame', () => {
    verifyDecoder(redisFrame, [['$x\r\n', InvalidFrameError]]);
    verifyDecoder(redisFrame, [['\x01\r\n', InvalidFrameError]]);
    verifyDecoder(redisFrame, [['$1\r\nabc', InvalidFrameError]]);
    verifyDecoder(redisFrame, [[`${'*1\r\n'.repeat(17)}:1\r\n`, InvalidFrameError]]);
  });
});
