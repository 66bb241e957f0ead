// Proves how an Observable feeds a loop: how much it may buffer, and how its own reader, if it has one, is held and
// released.
import { concat, finalize, firstValueFrom, map, merge, NEVER, of, Subject, Subscription, tap, throwError } from 'rxjs';
import { BufferOverflowError, lines, StreamReader } from '../../src';
import { observableFeed } from '../../src/reading/observableFeed';
import { ReadLoop } from '../../src/reading/ReadLoop';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

const copy = map((chunk: Uint8Array) => Buffer.from(chunk));

describe('observableFeed', () => {
  it('passes on chunks, the end and errors', () => {
    expect(record(StreamReader.from(of(Buffer.from('a'), Buffer.from('b')))).seen).toEqual(['a', 'b', '|']);
    const broken = concat(
      of(Buffer.from('a')),
      throwError(() => new Error('broken')),
    );
    expect(record(StreamReader.from(broken)).seen).toEqual(['a', '# broken']);
    expect(record(StreamReader.from(NEVER)).seen).toEqual([]);
  });

  it('errors for a source that emits too much, and unsubscribes from it, also while it is subscribed', () => {
    let emitted = 0;
    const eager = of(1, 2, 3, 4, 5).pipe(
      tap(() => emitted++),
      map(() => Buffer.alloc(2)),
    );
    const { seen, error } = record(StreamReader.from(eager, { maxBuffered: 3 }));
    expect(seen).toEqual(['\0\0', '\0\0', '# BufferOverflowError']);
    expect(error).toEqual(new BufferOverflowError(3, 4));
    expect(emitted).toBe(2);
  });

  it('does not count bytes that an active read waits for', async () => {
    const source = new Subject<Buffer>();
    const reader = StreamReader.from(source, { maxBuffered: 3 });
    const ten = reader.readExactly(10);
    for (let i = 0; i < 5; i++) source.next(Buffer.alloc(2));
    expect((await ten).length).toBe(10);
  });

  it('is unsubscribed with its parent', () => {
    const source = new Subject<Buffer>();
    const parent = new Subscription();
    observableFeed(source, 10).start(new ReadLoop(1), parent);
    expect(source.observed).toBe(true);
    parent.unsubscribe();
    expect(source.observed).toBe(false);
  });

  describe('with an upstream reader', () => {
    it('holds it while the buffer is full, so that nothing overflows', () => {
      const { reader, push, end } = handFed();
      const second = StreamReader.from(reader.pipe(copy), { limit: 2, maxBuffered: 5 });
      push('a', 'b', 'c', 'd', 'e', 'f', 'g');
      expect([reader.bufferedAmount, second.bufferedAmount]).toEqual([2, 5]);
      end();
      expect(record(second).seen.join('')).toBe('abcdefg|');
    });

    it('holds each of several merged readers for its own chunks', () => {
      const [one, other] = [handFed(), handFed()];
      const both = StreamReader.from(merge(one.reader, other.reader).pipe(copy), { limit: 1 });
      one.push('a', 'b', 'c', 'd');
      expect(one.reader.bufferedAmount).toBe(1);
      other.push('x');
      expect(both.bufferedAmount).toBe(4);
      expect(record(both).seen.join('')).toBe('abcxd');
    });

    it.each<[string, (source: Subject<Buffer>) => void]>([
      ['fails', (source) => source.error(new Error('broken'))],
      ['emits too much', (source) => source.next(Buffer.alloc(9))],
    ])('releases it when another source merged with it %s', (_, trouble) => {
      const { reader, push } = handFed();
      const source = new Subject<Buffer>();
      StreamReader.from(merge(reader.pipe(copy), source), { limit: 1, maxBuffered: 9 });
      push('a', 'b', 'c', 'd');
      trouble(source);
      expect(record(reader).seen).toEqual(['d']);
    });

    it('releases it with its parent, after unsubscribing', () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      const chunks = reader.pipe(
        tap((chunk) => seen.push(`${chunk}`)),
        finalize(() => seen.push('unsubscribed')),
        copy,
      );
      const parent = new Subscription();
      const feed = observableFeed(chunks, 10);
      feed.start(new ReadLoop(1, feed.upstream), parent);
      push('a', 'b', 'c', 'd');
      parent.unsubscribe();
      expect(seen).toEqual(['a', 'b', 'c', 'unsubscribed']);
      expect(record(reader).seen).toEqual(['d']);
    });
  });
});

describe('observableFeed: a full private buffer that is left inside next', () => {
  it('releases the reader before it', async () => {
    const reader = StreamReader.from([Buffer.alloc(200_000, 'ab\n'), Buffer.from('later\n')]);
    expect(await firstValueFrom(reader.pipe(copy, lines()))).toBe('ab');
    expect(reader.input.idle).toBe(true);
    expect(`${await reader.readLine({ timeout: 1000 })}`).toBe('later\n');
  });
});
