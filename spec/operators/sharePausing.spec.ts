// Proves, in virtual time, that each subscriber of sharePausing sees every frame from the first on, is a source of its own that
// the flow operators hold, and is slow at its own expense alone, as its policy says; and that unread bytes stay in the reader.
import {
  concat,
  delay,
  filter,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  repeat,
  retry,
  Subject,
  type Subscription,
  take,
  tap,
  timer,
  toArray,
} from 'rxjs';
import {
  BufferOverflowError,
  backpressure,
  concatMapPausing,
  connectionPair,
  decode,
  eachValueFrom,
  lines,
  mergeMapPausing,
  ndjson,
  ReaderBusyError,
  type SharePausingOptions,
  sharePausing,
  writeTo,
} from '../../src';
import { endAfterPeer } from '../../src/connection/endAfterPeer';
import { runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { record } from '../support/record';
import { turns } from '../support/until';

const slowly = (value: string) => timer(5).pipe(map(() => value));

describe('sharePausing', () => {
  describe('as share', () => {
    it.each<[title: string, source: string, emitted: string, subscribed: string]>([
      ['stays silent while the source does', '----', '----', '^'],
      ['completes on an empty source', '--|', '--|', '^-!'],
      ['emits one value', '-a-|', '-a-|', '^--!'],
      ['emits many values', '-a(bc)d|', '-a(bc)d|', '^------!'],
      ['emits what comes in the first turn at its end', '(ab)c|', '(ab)c|', '^----!'],
      ['passes on an error of the source', '-a#', '-a#', '^-!'],
    ])('%s', (_, source, emitted, subscribed) => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold(source);
        const shared = outer.pipe(sharePausing());
        expectObservable(shared).toBe(emitted);
        expectObservable(shared).toBe(emitted);
        expectSubscriptions(outer.subscriptions).toBe(subscribed);
      });
    });

    it('gives values that a source emits while it is subscribed to, to all that subscribe in that turn', () => {
      runMarbles(({ cold, expectObservable }) => {
        const shared = of('a', 'b').pipe(sharePausing());
        expectObservable(shared).toBe('(ab|)');
        expectObservable(shared).toBe('(ab|)');
        expectObservable(cold('--x').pipe(mergeMap(() => shared))).toBe('--(ab)');
      });
    });

    it('starts a late subscriber with the next value', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-a-b-c-|');
        const shared = outer.pipe(sharePausing());
        expectObservable(shared).toBe('-a-b-c-|');
        expectObservable(shared, '--^').toBe('---b-c-|');
        expectObservable(shared, '------^').toBe('-------|');
        expectSubscriptions(outer.subscriptions).toBe('^------!');
      });
    });

    it('starts one that subscribes inside next with the next value', () => {
      const source = new Subject<string>();
      const { reader, push } = handFed();
      const seen: string[] = [];
      const shared = merge(source, reader.pipe(lines())).pipe(sharePausing());
      let joined: Subscription | undefined;
      shared.subscribe((value) => {
        seen.push(`1${value}`);
        joined ??= shared.subscribe((late) => seen.push(`2${late}`));
      });
      return turns(1).then(() => {
        push('a\nb\n');
        expect(seen).toEqual(['1a', '1b', '2b']);
        joined?.unsubscribe();
      });
    });

    it('unsubscribes from the source when the last one leaves, and subscribes anew for the next one', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-a-b-c-d');
        const shared = outer.pipe(sharePausing());
        expectObservable(shared, '^--!').toBe('-a-');
        expectObservable(shared, '^----!').toBe('-a-b-');
        expectObservable(shared, '------^---!').toBe('-------a-b');
        expectSubscriptions(outer.subscriptions).toBe(['^----!', '------^---!']);
      });
    });

    it('may be left inside next, by one or by all', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const outer = cold('-a-b-c');
        const shared = outer.pipe(sharePausing());
        expectObservable(shared.pipe(take(1))).toBe('-(a|)');
        expectObservable(shared.pipe(take(2))).toBe('-a-(b|)');
        expectSubscriptions(outer.subscriptions).toBe('^--!');
      });
    });

    it('may be subscribed to again inside complete and error', () => {
      runMarbles(({ cold, expectObservable }) => {
        expectObservable(cold('-a|').pipe(sharePausing(), repeat(2))).toBe('-a-a|');
        expectObservable(cold('-a#').pipe(sharePausing(), retry(1))).toBe('-a-a#');
        const shared = of('a').pipe(sharePausing(), repeat(2));
        expectObservable(shared).toBe('(aa|)');
      });
    });

    it('passes on what a callback below throws, to that subscriber alone', () => {
      runMarbles(({ cold, expectObservable }) => {
        const shared = cold('-a-b').pipe(sharePausing());
        const throwing = () => {
          throw 'thrown';
        };
        expectObservable(shared.pipe(map(throwing))).toBe('-#', {}, 'thrown');
        expectObservable(shared).toBe('-a-b');
      });
    });

    it('tells every subscriber in the same order what is emitted while others are told', async () => {
      const source = new Subject<string>();
      const shared = source.pipe(sharePausing());
      const more = (value: string) => {
        if (value !== 'a') return;
        source.next('b');
        source.complete();
      };
      const first = record(shared.pipe(tap(more)));
      const second = record(shared);
      await turns(1);
      source.next('a');
      expect(second.seen).toEqual(['a', 'b', '|']);
      expect(first.seen).toEqual(['a', 'b', '|']);
    });

    it('passes on any number of values that are emitted inside next, without a growing stack', async () => {
      const source = new Subject<string>();
      const shared = source.pipe(sharePausing());
      let count = 0;
      shared.subscribe(() => void (++count < 50_000 && source.next('x')));
      const second = shared.subscribe();
      await turns(1);
      source.next('x');
      expect(count).toBe(50_000);
      second.unsubscribe();
    });
  });

  describe('on a reader', () => {
    it('gives buffered frames to all that subscribe in one turn', async () => {
      const { reader, push } = handFed();
      push('LOGIN 7\nALARM 1\nALARM 2\n');
      await reader.readLine();
      const frames$ = reader.pipe(lines(), sharePausing());
      const [one, two] = [record(frames$), record(frames$.pipe(filter((frame) => frame.startsWith('ALARM'))))];
      expect(one.seen).toEqual([]);
      await turns(1);
      push('ALARM 3\n');
      expect(one.seen).toEqual(['ALARM 1', 'ALARM 2', 'ALARM 3']);
      expect(two.seen).toEqual(one.seen);
    });

    it('waits for the end of the turn of the transport: in virtual time, of the task', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('(ab)c|');
        const shared = near.reader.pipe(asText, sharePausing());
        expectObservable(shared).toBe('(ab)c|');
        expectObservable(shared).toBe('(ab)c|');
        expectObservable(shared, '--^').toBe('----c|');
      });
    });

    it('is the only read of the reader from the start', () => {
      const { reader } = handFed();
      const reading = reader.pipe(lines(), sharePausing()).subscribe();
      const { error } = record(reader);
      expect(error).toBeInstanceOf(ReaderBusyError);
      reading.unsubscribe();
    });

    it('leaves everything in the reader when all leave in the first turn', async () => {
      const { reader, push } = handFed();
      push('a\nb\n');
      reader.pipe(lines(), sharePausing()).subscribe().unsubscribe();
      expect(await firstValueFrom(reader.pipe(lines()))).toBe('a');
    });

    it('leaves what was not delivered in the reader, between two frames of a chunk too', async () => {
      const { reader, push } = handFed();
      const shared = reader.pipe(lines(), sharePausing());
      const seen: string[] = [];
      shared.pipe(take(1)).subscribe((line) => seen.push(`1${line}`));
      shared.pipe(take(2)).subscribe((line) => seen.push(`2${line}`));
      await turns(1);
      push('a\nb\nc\n');
      expect(seen).toEqual(['1a', '2a', '2b']);
      expect(`${await reader.readLine()}`).toBe('c\n');
    });

    it('delivers what arrived before an error or the end, then that, to all', () => {
      runMarbles(({ connection, expectObservable }) => {
        for (const end of ['|', '#']) {
          const shared = connection(`ab${end}`).reader.pipe(asText, sharePausing());
          expectObservable(shared).toBe(`ab${end}`);
          expectObservable(shared.pipe(concatMapPausing(slowly))).toBe(`-----a----(b${end})`);
        }
      });
    });

    it('may be shared again below itself', () => {
      runMarbles(({ connection, expectObservable }) => {
        const shared = connection('(ab)c|').reader.pipe(asText, sharePausing());
        const again = shared.pipe(
          map((value) => value.toUpperCase()),
          sharePausing(),
        );
        expectObservable(shared).toBe('(ab)c|');
        expectObservable(again).toBe('(AB)C|');
        expectObservable(again.pipe(concatMapPausing(slowly))).toBe('-----A----B----(C|)');
      });
    });

    it('holds one that was given', () => {
      runMarbles(({ connection, cold, expectObservable }) => {
        const near = connection('------a');
        const shared = cold('-x-y-z').pipe(sharePausing({ source: near.reader, maxBuffered: 1 }));
        expectObservable(shared.pipe(concatMapPausing(slowly))).toBe('------x----y----z');
        expectObservable(near.reader.pipe(asText)).toBe('-----------a');
      });
    });
  });

  describe('holds the queue of one subscriber, and not the reader', () => {
    it.each<[string, (values: Observable<string>) => Observable<unknown>, string]>([
      ['concatMapPausing', (values) => values.pipe(concatMapPausing(slowly)), '-----a----b----c----(d|)'],
      ['mergeMapPausing', (values) => values.pipe(mergeMapPausing(slowly, 2)), '-----ab---c(d|)'],
      [
        'behind an asynchronous operator: the nearest',
        (values) => values.pipe(delay(1), concatMapPausing(slowly)),
        '------a----b-----c----(d|)',
      ],
      [
        'behind mergeMap, which makes several of one',
        (values) =>
          values.pipe(
            mergeMap((value) => [value, value]),
            concatMapPausing(slowly),
            take(3),
          ),
        '-----a----a----(b|)',
      ],
    ])('%s', (_, slow, emitted) => {
      runMarbles(({ connection, expectObservable, cold }) => {
        const near = connection('abcd|');
        const shared = near.reader.pipe(asText, sharePausing());
        expectObservable(slow(shared)).toBe(emitted);
        expectObservable(shared).toBe('abcd|');
        expectObservable(cold('---x').pipe(map(() => near.reader.bufferedAmount))).toBe('---x', { x: 0 });
      });
    });

    it('backpressure and writeTo: a peer that takes nothing keeps no frame from the others', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('abcd|');
        const to = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const other = connection('', {}, { highWaterMark: 1, pressure: 5 });
        const shared = near.reader.pipe(asText, sharePausing());
        expectObservable(
          shared.pipe(
            backpressure(to.writer),
            tap((value) => void to.writer.write(value)),
          ),
        ).toBe('a----b----c----d----|');
        expectObservable(shared.pipe(writeTo(other.writer))).toBe('-----a----b----c----(d|)', {
          a: 1,
          b: 2,
          c: 3,
          d: 4,
        });
        expectObservable(shared).toBe('abcd|');
      });
    });

    it('eachValueFrom: a loop takes one at a time, and leaves the rest to nobody', async () => {
      const [client, server] = connectionPair();
      client.writer.write('a\nb\nc\nd\n');
      client.writer.close();
      const shared = server.reader.pipe(lines(), sharePausing());
      const other = record(shared);
      const loop: string[] = [];
      for await (const line of eachValueFrom(shared)) {
        await turns(2);
        loop.push(line);
        if (loop.length === 3) break;
      }
      expect(loop).toEqual(['a', 'b', 'c']);
      expect(other.seen).toEqual(['a', 'b', 'c', 'd', '|']);
      server.destroy();
    });

    it('eachValueFrom fails where the connection was closed here, as without it', async () => {
      const [client, server] = connectionPair();
      client.writer.write('a\n');
      const loop = eachValueFrom(server.reader.pipe(lines(), sharePausing()));
      expect(await loop.next()).toEqual({ done: false, value: 'a' });
      void server.close();
      await expect(loop.next()).rejects.toMatchObject({ name: 'ConnectionClosedError' });
      client.destroy();
    });
  });

  describe('when more than maxBuffered waits for a subscriber', () => {
    /** Frames a to f arrive one by one; one subscriber takes 5 frames of time for each, the other none. */
    const run = (options: SharePausingOptions<string>, slow: string, quick: string, unread = 0) =>
      runMarbles(({ connection, cold, expectObservable }) => {
        const near = connection('abcdef|');
        const shared = near.reader.pipe(asText, sharePausing(options));
        const overflow = new BufferOverflowError(2, 2);
        expectObservable(shared.pipe(concatMapPausing(slowly))).toBe(slow, undefined, overflow);
        expectObservable(shared).toBe(quick);
        expectObservable(cold('-----(x|)').pipe(map(() => near.reader.bufferedAmount))).toBe('-----(x|)', {
          x: unread,
        });
      });

    it('holds the reader until that one has caught up, by default', () => {
      run({ maxBuffered: 2 }, '-----a----b----c----d----e----(f|)', 'abcd------(ef)------|', 2);
    });

    it('drops the oldest', () => {
      run({ maxBuffered: 2, overflow: 'drop-oldest' }, '-----a----e----(f|)', 'abcdef|');
    });

    it('drops the newest', () => {
      run({ maxBuffered: 2, overflow: 'drop-newest' }, '-----a----b----(c|)', 'abcdef|');
    });

    it('ends that one with a BufferOverflowError at once, though it is held', () => {
      run({ maxBuffered: 2, overflow: 'error' }, '---#', 'abcdef|');
    });

    it('tells which values are dropped, and how many of that subscriber', async () => {
      const { reader, push } = handFed();
      const dropped: unknown[] = [];
      const shared = reader.pipe(
        lines(),
        sharePausing({ maxBuffered: 1, overflow: 'drop-newest', onDrop: (...drop) => dropped.push(drop) }),
      );
      const [one, two] = [0, 1].map(() => shared.pipe(concatMapPausing(() => NEVER)).subscribe());
      await turns(1);
      push('a\nb\nc\nd\n');
      expect(dropped).toEqual([
        ['c', 1],
        ['c', 1],
        ['d', 2],
        ['d', 2],
      ]);
      one?.unsubscribe();
      two?.unsubscribe();
    });

    it('releases the reader when the slow one leaves', async () => {
      const { reader, push } = handFed();
      const shared = reader.pipe(lines(), sharePausing({ maxBuffered: 1 }));
      const slow = shared.pipe(concatMapPausing(() => NEVER)).subscribe();
      const quick = record(shared);
      await turns(1);
      push('a\nb\nc\nd\n');
      expect(quick.seen).toEqual(['a', 'b', 'c']);
      slow.unsubscribe();
      expect(quick.seen).toEqual(['a', 'b', 'c', 'd']);
      quick.subscription.unsubscribe();
    });

    it('holds the reader as soon as a value without a size waits', async () => {
      const { reader, push } = handFed();
      const shared = reader.pipe(decode(ndjson<{ n: number }>()), sharePausing());
      const slow = shared.pipe(concatMapPausing(() => NEVER)).subscribe();
      const seen: number[] = [];
      const quick = shared.subscribe(({ n }) => seen.push(n));
      await turns(1);
      push('{"n":1}\n{"n":2}\n{"n":3}\n');
      expect(seen).toEqual([1, 2]);
      slow.unsubscribe();
      expect(seen).toEqual([1, 2, 3]);
      quick.unsubscribe();
    });

    it('counts what size says', async () => {
      const { reader, push } = handFed();
      const shared = reader.pipe(
        decode(ndjson<{ n: number }>()),
        sharePausing({ size: () => 10, maxBuffered: 20, overflow: 'error' }),
      );
      const slow = record(shared.pipe(concatMapPausing(() => NEVER as Observable<string>)));
      await turns(1);
      push('{"n":1}\n{"n":2}\n{"n":3}\n');
      expect(slow.error).toBeUndefined();
      push('{"n":4}\n');
      expect(slow.error).toEqual(new BufferOverflowError(20, 20));
    });

    it.each(['drop-oldest', 'drop-newest', 'error'] as const)(
      'and values have no size: a TypeError with the first value under %s, not only when one waits',
      async (overflow) => {
        const { reader, push } = handFed();
        const shared = reader.pipe(
          decode(ndjson<string>()),
          map((n) => ({ n }) as unknown as string),
          sharePausing({ overflow }),
        );
        const [one, two] = [record(shared), record(shared)];
        await turns(1);
        push('1\n2\n');
        expect([one.seen, two.seen]).toEqual([['# TypeError'], ['# TypeError']]);
        expect(`${await reader.readLine()}`).toBe('2\n');
      },
    );

    it('and there is no reader to hold: a BufferOverflowError of that one', () => {
      runMarbles(({ cold, expectObservable }) => {
        const shared = cold('abcdef|').pipe(sharePausing({ maxBuffered: 2 }));
        expectObservable(shared.pipe(concatMapPausing(slowly))).toBe('---#', undefined, new BufferOverflowError(2, 2));
        expectObservable(shared).toBe('abcdef|');
      });
    });

    it('and what size throws: an error of that one', async () => {
      const { reader, push } = handFed();
      const shared = reader.pipe(
        lines(),
        sharePausing({
          size: () => {
            throw new Error('size');
          },
        }),
      );
      const slow = record(shared.pipe(concatMapPausing(() => NEVER)));
      const quick = record(shared);
      await turns(1);
      push('a\nb\nc\n');
      expect([slow.seen, quick.seen]).toEqual([['# size'], ['a', 'b', 'c']]);
      quick.subscription.unsubscribe();
    });
  });

  it('keeps our side of connect open until a slow subscriber has had what arrived', async () => {
    const [client, server] = connectionPair();
    client.writer.write('a\nb\n');
    client.writer.writeEof();
    endAfterPeer(server);
    const work = new Subject<void>();
    const shared = server.reader.pipe(lines(), sharePausing());
    const slow = record(
      shared.pipe(
        concatMapPausing((line) =>
          work.pipe(
            take(1),
            map(() => line),
          ),
        ),
      ),
    );
    for (let i = 0; i < 2; i++) {
      await turns(5);
      expect(server.writer.isClosing()).toBe(false);
      expect(() => server.writer.write('still\n')).not.toThrow();
      work.next();
    }
    await turns(5);
    expect(slow.seen).toEqual(['a', 'b', '|']);
    expect(() => server.writer.write('late\n')).toThrow('ended');
    client.destroy();
    server.destroy();
  });

  it('keeps nothing that came in the clear from an upgrade to TLS', async () => {
    const { reader, push } = handFed();
    const shared = reader.pipe(lines(), sharePausing());
    const slow = shared.pipe(concatMapPausing(() => NEVER)).subscribe();
    const below = shared.pipe(
      map((line) => Buffer.from(line)),
      lines(),
    );
    const reading = below.subscribe();
    await turns(1);
    push('one\ntwo\n');
    const { input } = reader;
    // 'two' waits in the queue of the slow one, 'onetwo' in the buffer of the other.
    expect(input.offshoots?.unread).toBe(3 + 6);
    let stray = 0;
    input.offshoots?.seize((bytes) => {
      stray += bytes;
    });
    expect(stray).toBe(9);
    expect(input.offshoots?.unread).toBe(0);
    slow.unsubscribe();
    reading.unsubscribe();
  });

  it('is released by a consumer that throws, and tells the others', async () => {
    const [client, server] = connectionPair();
    const shared = server.reader.pipe(lines(), sharePausing());
    const broken = record(
      shared.pipe(
        concatMapPausing((line) => concat(of(line), NEVER)),
        map(() => {
          throw new Error('consumer');
        }),
      ) as Observable<string>,
    );
    const whole = firstValueFrom(shared.pipe(toArray()));
    await turns(1);
    client.writer.write('a\nb\n');
    client.writer.close();
    expect(await whole).toEqual(['a', 'b']);
    expect(broken.seen).toEqual(['# consumer']);
    server.destroy();
  });

  it.each<[SharePausingOptions<string>, string]>([
    [
      { overflow: 'unbounded' } as never,
      'Cannot use unbounded as overflow: it must be one of hold, drop-oldest, drop-newest, error',
    ],
    [{ maxBuffered: -1 }, 'Cannot use -1 as maxBuffered'],
    [{ size: 1 } as never, 'Cannot use a value of type number as size: it must be a function'],
    [{ onDrop: 'x' } as never, 'Cannot use a value of type string as onDrop: it must be a function'],
    [{ source: {} } as never, 'Cannot pause the source'],
  ])('refuses %j', (options, message) => {
    expect(() => sharePausing(options)).toThrow(message);
  });
});
