// Proves that `peekExactly` waits for bytes and leaves them, for every kind of next read.
import { firstValueFrom, take, toArray } from 'rxjs';
import { connectionPair, IncompleteReadError, LimitOverrunError, lines, StreamReader } from '../../src';
import { bytes, cutsOf } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';

describe('StreamReader.peekExactly', () => {
  it('gives the next bytes, again and again, and leaves them for the next read', async () => {
    for (const cut of cutsOf(bytes('GET /\nrest'))) {
      const reader = StreamReader.from(cut);
      expect(`${await reader.peekExactly(3)}`).toBe('GET');
      expect(`${await reader.peekExactly(1)}`).toBe('G');
      expect(`${await reader.peekExactly(8)}`).toBe('GET /\nre');
      expect(`${await reader.readLine()}`).toBe('GET /\n');
      expect(`${await reader.peekExactly(4)}`).toBe('rest');
      expect(`${await reader.readAll()}`).toBe('rest');
    }
  });

  it('waits for the bytes that have not arrived', async () => {
    const { reader, push } = handFed();
    const peeked = reader.peekExactly(3);
    push('a', 'b');
    expect(reader.bufferedAmount).toBe(2);
    push('cd');
    expect(`${await peeked}`).toBe('abc');
    expect(reader.bufferedAmount).toBe(4);
  });

  it('sees the bytes behind lines that were decoded together', async () => {
    const reader = StreamReader.from([bytes('1\n2\n3\n4\n5\n6\n7\n')]);
    expect(await firstValueFrom(reader.pipe(lines(), take(4), toArray()))).toEqual(['1', '2', '3', '4']);
    expect(`${await reader.peekExactly(2)}`).toBe('5\n');
    expect(await firstValueFrom(reader.pipe(lines()))).toBe('5');
  });

  it('works above the limit of the reader, and pauses the source again behind it', async () => {
    const { reader, push, asked } = handFed(4);
    push('abcdefghijkl');
    expect(asked).toEqual(['pause']);
    const peeked = reader.peekExactly(15);
    expect(asked).toEqual(['pause', 'resume']);
    push('mnop');
    expect(`${await peeked}`).toBe('abcdefghijklmno');
    expect(asked).toEqual(['pause', 'resume', 'pause']);
  });

  it('rejects at the end of the stream, and the bytes stay', async () => {
    const { reader, push, end } = handFed();
    const peeked = reader.peekExactly(3);
    push('ab');
    end();
    const error = await failureOf(peeked);
    expect(error).toEqual(new IncompleteReadError(bytes('ab'), 3));
    expect(await failureOf(reader.peekExactly(3))).toEqual(error);
    expect(`${await reader.peekExactly(2)}`).toBe('ab');
    expect(`${await reader.readAll()}`).toBe('ab');
    expect(await failureOf(reader.peekExactly(1))).toEqual(new IncompleteReadError(Buffer.alloc(0), 1));
  });

  it('rejects with the error of a broken connection', async () => {
    const { reader, push, fail } = handFed();
    push('ab');
    fail(new Error('broken'));
    expect(`${await reader.peekExactly(2)}`).toBe('ab');
    expect(await failureOf(reader.peekExactly(3))).toEqual(new Error('broken'));
  });

  it('waits while the reader is held, and can be aborted', async () => {
    const { reader, push } = handFed();
    push('ab');
    const release = reader.pause();
    const controller = new AbortController();
    const aborted = reader.peekExactly(1, { signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await failureOf(aborted)).toEqual(new Error('enough'));
    const peeked = reader.peekExactly(1);
    release();
    expect(`${await peeked}`).toBe('a');
  });

  it('resolves at once for 0 bytes, and throws at the call for invalid numbers', async () => {
    const [{ reader }] = connectionPair();
    expect(await reader.peekExactly(0)).toEqual(Buffer.alloc(0));
    expect(() => reader.peekExactly(-1)).toThrow(RangeError);
    expect(() => reader.peekExactly('1' as never)).toThrow(TypeError);
    expect(() => reader.peekExactly(9, { limit: 8 })).toThrow(new LimitOverrunError(8, 9));
    expect(() => reader.peekExactly(2 ** 24 + 1)).toThrow(LimitOverrunError);
  });
});
