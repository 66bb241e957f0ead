import { concat, concatMap, from, map, NEVER, type Observable, type OperatorFunction, take } from 'rxjs';
import { StreamReader } from '../../src/reading/StreamReader';
import { runMarbles } from '../../src/testing';
import { asText } from './asText';
import { handFed } from './handFed';
import { record, text } from './record';

type On = (source: Observable<Uint8Array>) => Observable<Uint8Array>;

const KINDS: [kind: string, on: On][] = [
  ['an Observable', (source) => source],
  ['a StreamReader', (source) => StreamReader.from(source)],
];

type Operator = OperatorFunction<Uint8Array, Uint8Array | string>;

/** The behaviour of a read operator, for {@link describeReadOperator}. */
export interface ReadOperator {
  /** Makes the operator. */
  operator: () => Operator;
  /** The chunks of the marbles in `rows`, by letter. */
  chunks: Record<string, string | Uint8Array>;
  /** The frames of the marbles in `rows`, by letter. */
  frames: Record<string, string>;
  /** Title, source, emitted marbles, and the subscription to the source; and the error of a `#`. */
  rows: [title: string, source: string, emitted: string, subscribed: string, error?: unknown][];
  /** Three frames that come out of exactly these bytes as soon as they arrive. Not for `readAll`, which has one. */
  three?: readonly [string, string, string];
  /** The values that `three` is emitted as, if they differ. */
  emittedAs?: readonly [string, string, string];
}

/**
 * The behaviour of every read operator, with marbles and by hand: on a `StreamReader` and on any other Observable
 * alike.
 */
export function describeReadOperator({ operator, chunks, frames, rows, three, emittedAs = three }: ReadOperator): void {
  const bytes = Object.fromEntries(Object.entries(chunks).map(([key, chunk]) => [key, Buffer.from(chunk as string)]));

  describe.each(KINDS)('on %s', (kind, on) => {
    it.each(rows)('%s', (_, source, emitted, subscribed, ...[error]) => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const chunks$ = cold(source, bytes, error === undefined ? 'broken' : undefined);
        expectObservable(on(chunks$).pipe(operator(), asText)).toBe(emitted, frames, error ?? 'broken');
        // A reader goes on reading, with or without subscribers.
        if (kind === 'an Observable') expectSubscriptions(chunks$.subscriptions).toBe(subscribed);
      });
    });

    if (three === undefined || emittedAs === undefined) return;
    const all = Buffer.from(three.join(''));

    it('stops at once when it is unsubscribed inside next', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('--(ab)--|', { a: all, b: all });
        expectObservable(on(source).pipe(operator(), take(2), asText)).toBe('--(xy|)', {
          x: emittedAs[0],
          y: emittedAs[1],
        });
        if (kind === 'an Observable') expectSubscriptions(source.subscriptions).toBe('^-!');
      });
    });

    it('unsubscribes from the source when it is unsubscribed between frames', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('a---a', { a: Buffer.from(three[0]) });
        expectObservable(on(source).pipe(operator(), asText), '^-!').toBe('x', { x: emittedAs[0] });
        if (kind === 'an Observable') expectSubscriptions(source.subscriptions).toBe('^-!');
      });
    });

    it('passes on an error that a consumer throws, and stops', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('-a-a', { a: all });
        const seen: string[] = [];
        const throwing = map((frame: Uint8Array | string) => {
          seen.push(text(frame));
          if (seen.length === 2) throw 'thrown';
          return text(frame);
        });
        expectObservable(on(source).pipe(operator(), throwing)).toBe('-(x#)', { x: emittedAs[0] }, 'thrown');
        if (kind === 'an Observable') expectSubscriptions(source.subscriptions).toBe('^!');
      });
    });

    it('keeps no state between subscriptions that end inside a frame', () => {
      const one = operator();
      const half = Buffer.from(three[0]).subarray(0, -1);
      const first = on(hanging(half));
      first.pipe(one).subscribe().unsubscribe();
      expect(record(on(hanging(all)).pipe(one)).seen.slice(0, 3)).toEqual(emittedAs);
    });
  });

  if (three === undefined || emittedAs === undefined) return;

  describe('on a StreamReader, which keeps unread bytes', () => {
    it('takes one frame and leaves the rest to the next read', () => {
      const { reader, push } = handFed();
      push(three.join(''));
      expect(record(reader.pipe(operator(), take(1))).seen).toEqual([emittedAs[0], '|']);
      expect(reader.bufferedAmount).toBe(Buffer.byteLength(three[1] + three[2]));
      expect(record(reader.pipe(operator(), take(2))).seen).toEqual([emittedAs[1], emittedAs[2], '|']);
      expect(reader.bufferedAmount).toBe(0);
    });

    it('can be subscribed again inside next, after take(1)', () => {
      const { reader, push } = handFed();
      const again = reader.pipe(
        operator(),
        take(1),
        concatMap(() => reader.pipe(operator(), take(1))),
      );
      const { seen } = record(again);
      push(three[0], three[1], three[2]);
      expect(seen).toEqual([emittedAs[1], '|']);
      expect(reader.peek(99).toString()).toBe(three[2]);
    });

    it('leaves the bytes after a frame that made a consumer throw', () => {
      const { reader, push } = handFed();
      push(three.join(''));
      const throwing = map(() => {
        throw new Error('thrown');
      });
      expect(record(reader.pipe(operator(), throwing)).seen).toEqual(['# thrown']);
      expect(record(reader.pipe(operator(), take(2))).seen).toEqual([emittedAs[1], emittedAs[2], '|']);
    });

    it('delivers nothing more of a chunk while it is held inside next, and continues at the release', () => {
      const { reader, push } = handFed();
      const seen: string[] = [];
      let release = () => {};
      reader.pipe(operator()).subscribe((frame) => {
        seen.push(text(frame));
        if (seen.length === 1) release = reader.pause();
      });
      push(three.join(''));
      expect(seen).toEqual([emittedAs[0]]);
      release();
      expect(seen.slice(0, 3)).toEqual(emittedAs);
    });

    it('refuses a second subscription while it is active', () => {
      const { reader, push } = handFed();
      const first = record(reader.pipe(operator()));
      expect(record(reader.pipe(operator())).seen).toEqual(['# ReaderBusyError']);
      push(three[0]);
      expect(first.seen).toEqual([emittedAs[0]]);
    });
  });
}

function hanging(...chunks: Uint8Array[]): Observable<Uint8Array> {
  return concat(from(chunks), NEVER);
}
