// Proves, in virtual time, that backpressure holds the right reader for as long as there is pressure and no longer, that
// what arrives all the same waits in order and within its budget, and that nothing stays held or is lost however it ends.
import {
  catchError,
  concat,
  concatMap,
  concatWith,
  delay,
  from,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  observeOn,
  asyncScheduler,
  repeat,
  retry,
  scan,
  share,
  Subject,
  switchMap,
  take,
  takeWhile,
  tap,
} from 'rxjs';
import {
  backpressure,
  type BackpressureOptions,
  BufferOverflowError,
  ConnectionClosedError,
  lines,
  readExactly,
  readLine,
  type StreamReader,
} from '../../src';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { asText, type VirtualHelpers, virtually } from '../support/virtually';

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/** Writes each value where the gate looks, one byte a value, and hands it on. */
const writing = (to: { writer: { write(chunk: string): boolean } }) =>
  tap<string>((value) => void to.writer.write(value));

/** How many bytes a reader keeps, at a frame. */
const buffered = ({ cold }: VirtualHelpers, marble: string, reader: StreamReader) =>
  cold(marble).pipe(map(() => reader.bufferedAmount));

describe('backpressure', () => {
  describe('where there is no pressure', () => {
    it.each([
      ['stays silent while the source does', '----', '----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['passes one value', '-a|', '-a|', '^-!'],
      ['passes many values', '-a(bc)-|', '-a(bc)-|', '^------!'],
      ['hands on an error', '-a#', '-a#', '^-!'],
    ])('%s', (_, source, emitted, subscribed) => {
      virtually(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold(source);
        expectObservable(values.pipe(backpressure(connection().writer))).toBe(emitted);
        expectSubscriptions(values.subscriptions).toBe(subscribed);
      });
    });

    it('lets go of the source when it is unsubscribed, in between and inside next', () => {
      virtually(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold('-a-b-c');
        const gated = values.pipe(backpressure(connection().writer));
        expectObservable(gated, '^-!').toBe('-a');
        expectObservable(gated.pipe(take(2))).toBe('-a-(b|)');
        expectSubscriptions(values.subscriptions).toBe(['^-!', '^--!']);
      });
    });

    it('hands on what a consumer throws, and stops', () => {
      virtually(({ cold, connection, expectObservable, expectSubscriptions }) => {
        const values = cold('-a-b');
        const throwing = map(() => {
          throw 'thrown';
        });
        expectObservable(values.pipe(backpressure(connection().writer), throwing)).toBe('-#', {}, 'thrown');
        expectSubscriptions(values.subscriptions).toBe('^!');
      });
    });

    it('may be subscribed to again inside next, error and complete', () => {
      virtually(({ bytes, connection, expectObservable }) => {
        const { reader, writer } = connection({ incoming: bytes('-a-b-c-d|') });
        const one = reader.pipe(backpressure(writer), asText, take(1));
        const two = one.pipe(concatMap((first) => one.pipe(map((second) => first + second))));
        expectObservable(two.pipe(repeat(2))).toBe('---x---(y|)', { x: 'ab', y: 'cd' });
      });
      virtually(({ cold, connection, expectObservable }) => {
        const gated = cold('-a#').pipe(backpressure(connection().writer));
        expectObservable(gated.pipe(retry(1))).toBe('-a-a#');
      });
    });

    it('keeps no state between subscriptions', () => {
      virtually(({ cold, connection, expectObservable }) => {
        const to = connection({ highWaterMark: 1, writeTime: 4 });
        const gate = backpressure<string>(to.writer, { budget: 2, overflow: 'drop-newest' });
        to.writer.write('x');
        expectObservable(cold('abc').pipe(gate)).toBe('----(ab)');
        expectObservable(cold('def').pipe(gate)).toBe('----(de)');
      });
    });
  });

  describe('finds the reader to hold', () => {
    const doubled: string[] = [];
    it.each<[string, (values: Observable<string>) => Observable<string>]>([
      ['directly', (values) => values],
      ['through map', map((value) => value)],
      ['through scan', scan((_, value) => value)],
      ['through concatMap', concatMap((value) => of(value))],
      ['through mergeMap', mergeMap((value) => [value])],
      ['through switchMap', switchMap((value) => concat(of(value), NEVER))],
      ['through share', share()],
      ['through merge', (values) => merge(NEVER, values)],
      ['through another gate', backpressure(handFed().reader as never, { source: [] }) && ((values) => values)],
    ])('%s', (_, through) => {
      doubled.length = 0;
      virtually((helpers) => {
        const { bytes, connection, expectObservable } = helpers;
        const near = connection({ incoming: bytes('abc-----------|') });
        const to = connection({ highWaterMark: 1, writeTime: 5 });
        const values = through(near.reader.pipe(asText));
        expectObservable(values.pipe(backpressure(to.writer), writing(to))).toBe(
          through.length === 1 && values.source === undefined ? 'a----b----c' : 'a----b----c---|',
        );
        expectObservable(buffered(helpers, '---x--y|', near.reader)).toBe('---x--y|', { x: 2, y: 1 });
      });
    });
  });
});
