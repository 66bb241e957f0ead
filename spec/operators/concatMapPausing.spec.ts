// Proves that concatMapPausing runs one inner Observable at a time, in order, and that the reader waits meanwhile.
// Everything else is proved for mergeMapPausing.
import { concatMap, delay, mergeMap, of } from 'rxjs';
import { concatMapPausing, lines, StreamReader } from '../../src';
import { runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { turns } from '../support/until';

describe('concatMapPausing', () => {
  it.each<[title: string, source: string, emitted: string, subscribed: string]>([
    ['stays silent while the source does', '----', '----', '^'],
    ['completes on an empty source', '--|', '--|', '^-!'],
    ['runs one', 'a----|', '---a-|', '^----!'],
    ['runs one after the other', 'a---b---|', '---a---b|', '^-------!'],
    ['passes on an error at once', 'a#', '-#', '^!'],
  ])('%s', (_, source, emitted, subscribed) => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const outer = cold(source);
      expectObservable(outer.pipe(concatMapPausing((value) => of(value).pipe(delay(3))))).toBe(emitted);
      expectSubscriptions(outer.subscriptions).toBe(subscribed);
    });
  });

  it('emits the same as concatMap, and keeps in the reader what concatMap would buffer', () => {
    runMarbles(({ connection, expectObservable }) => {
      const [one, other] = [connection('abcd|'), connection('abcd|')];
      const slowly = (value: string) => of(value).pipe(delay(3));
      const time = '---a--b--c--(d|)';
      expectObservable(one.reader.pipe(asText, concatMapPausing(slowly))).toBe(time);
      expectObservable(other.reader.pipe(asText, concatMap(slowly))).toBe(time);
      const left = ({ reader }: typeof one) =>
        of(0).pipe(
          delay(5),
          mergeMap(() => [reader.bufferedAmount]),
        );
      expectObservable(left(one)).toBe('-----(x|)', { x: 2 });
      expectObservable(left(other)).toBe('-----(x|)', { x: 0 });
    });
  });

  it('runs one promise at a time, in order', async () => {
    const text = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');
    let running = 0;
    let most = 0;
    const handle = async (line: string, index: number) => {
      most = Math.max(most, ++running);
      await turns(index % 3);
      running--;
      return line;
    };
    const { seen } = record(StreamReader.from([Buffer.from(text)]).pipe(lines(), concatMapPausing(handle)));
    while (seen.at(-1) !== '|') await turns(1);
    expect(seen.slice(0, -1).map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(most).toBe(1);
  });

  it('leaves the rest unread when it is unsubscribed', () => {
    const { reader, push } = handFed();
    const subscription = reader
      .pipe(
        lines(),
        concatMapPausing(() => new Promise(() => {})),
      )
      .subscribe();
    push('a\nb\nc\n');
    subscription.unsubscribe();
    expect(record(reader.pipe(lines())).seen).toEqual(['b', 'c']);
  });

  it('throws at the call for a source that is not a reader', () => {
    expect(() => concatMapPausing(() => [], { source: {} as never })).toThrow(TypeError);
  });
});
