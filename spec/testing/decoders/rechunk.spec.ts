// Proves that other chunks have the same bytes: for any input, seed and sizes, and any chunks of the source.
import * as fc from 'fast-check';
import { concat, from, type Observable, of, Subject, throwError } from 'rxjs';
import { lines, StreamReader } from 'rxjs-tcp';
import { rechunk, runMarbles } from 'rxjs-tcp/testing';
import { record, text } from '../../support/record';

const chunked = (source: Observable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  source.subscribe((chunk) => chunks.push(chunk));
  return chunks;
};

describe('rechunk', () => {
  it('cuts bytes by sizes, in turn, and ends with the rest', () => {
    expect(chunked(rechunk('abcdefghij', [1, 3])).map(text)).toEqual(['a', 'bcd', 'e', 'fgh', 'i', 'j']);
    expect(chunked(rechunk(Buffer.from('abc'), [5])).map(text)).toEqual(['abc']);
    expect(chunked(rechunk('', [1]))).toEqual([]);
  });

  it('emits an empty chunk for a size of 0, before the bytes that follow', () => {
    expect(chunked(rechunk('abc', [2, 0])).map(text)).toEqual(['ab', '', 'c']);
  });

  it('gives the same chunks for the same seed, and others for another', () => {
    const bytes = Buffer.alloc(5000, 'abcdefg');
    const lengths = (seed: number) => chunked(rechunk(bytes, seed)).map(({ length }) => length);
    expect(lengths(7)).toEqual(lengths(7));
    expect(lengths(7)).not.toEqual(lengths(8));
    const all = Array.from({ length: 50 }, (_, seed) => lengths(seed)).flat();
    expect(Math.min(...all)).toBe(1);
    expect(Math.max(...all)).toBeGreaterThan(500);
    expect(Math.max(...all)).toBeLessThanOrEqual(1024);
  });

  it('keeps every byte, for any chunks of the source', () => {
    const cut = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }).filter((sizes) => sizes.some((size) => size > 0)),
    );
    const input = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(input, cut, (chunks, by) => {
        const whole = Buffer.concat(chunks);
        const cutAnew = chunked(rechunk(from(chunks), by));
        expect(Buffer.concat(cutAnew).equals(whole)).toBe(true);
        expect(cutAnew).toEqual(chunked(rechunk(whole, by)));
        if (typeof by === 'object') {
          const lengths = cutAnew.slice(0, -1).map(({ length }) => length);
          expect(lengths).toEqual(lengths.map((_, i) => by[i % by.length]));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('emits a chunk when it is complete, and the rest at the end', () => {
    runMarbles(({ connection, expectObservable, hot }) => {
      const { reader } = connection('a-b-c-(d|)');
      expectObservable(rechunk(reader, [2])).toBe('--x---(y|)', { x: 'ab', y: 'cd' });
      const broken = hot('a--#', { a: Buffer.from('a') }, new Error('broken'));
      expectObservable(rechunk(broken, [2])).toBe('---(a#)', {}, new Error('broken'));
      expectObservable(rechunk(hot<Buffer>('---|'), 1)).toBe('---|');
    });
  });

  it('stops when it is unsubscribed, also inside a chunk of the source, and unsubscribes from it', () => {
    const source = new Subject<Uint8Array>();
    const seen: string[] = [];
    const subscription = rechunk(source, [1]).subscribe((chunk) => {
      seen.push(text(chunk));
      if (seen.length === 2) subscription.unsubscribe();
    });
    source.next(Buffer.from('abcd'));
    expect(seen).toEqual(['a', 'b']);
    expect(source.observed).toBe(false);
  });

  it('can be subscribed again, with the same result', () => {
    const chunks = rechunk('abcdef', [1, 2]);
    expect(chunked(chunks)).toEqual(chunked(chunks));
  });

  it('keeps the order when its source emits inside a delivery', () => {
    const source = new Subject<Uint8Array>();
    const seen: string[] = [];
    rechunk(source, [2]).subscribe((chunk) => {
      seen.push(text(chunk));
      if (seen.length === 1) source.next(Buffer.from('ef'));
    });
    source.next(Buffer.from('abcd'));
    expect(seen).toEqual(['ab', 'cd', 'ef']);
  });

  it('works as the source of a reader', () => {
    const { seen } = record(StreamReader.from(rechunk('one\ntwo\n', 3)).pipe(lines()));
    expect(seen).toEqual(['one', 'two', '|']);
  });

  it('emits the rest before an error', () => {
    const broken = concat(
      of(Buffer.from('abc')),
      throwError(() => new Error('broken')),
    );
    expect(record(rechunk(broken, [2])).seen).toEqual(['ab', 'c', '# broken']);
  });

  it('throws at the call for an invalid source, seed or sizes', () => {
    expect(() => rechunk(5 as never, 1)).toThrow(TypeError);
    expect(() => rechunk('a', 'b' as never)).toThrow(TypeError);
    expect(() => rechunk('a', 1.5)).toThrow(RangeError);
    expect(() => rechunk('a', -1)).toThrow(RangeError);
    expect(() => rechunk('a', [])).toThrow(RangeError);
    expect(() => rechunk('a', [0, 0])).toThrow(RangeError);
    expect(() => rechunk('a', [1, -1])).toThrow(RangeError);
  });
});
