// Proves that a connection in virtual time behaves like a connection: the meaning of its marbles, what it shows, and
// that every time limit of ours uses its clock. No promise is awaited: everything is over when the scheduler is.
import { concatMap, defer, map, NEVER, type Observable, of, repeat, retry, Subject, switchMap, take, tap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import {
  backoff,
  decode,
  lengthPrefixed,
  lines,
  readExactly,
  readLine,
  SocketTimeoutError,
  writeTo,
} from '../../../src';
import {
  assertMarbles,
  hex,
  type MarbleConnectionOptions,
  marbleConnection,
  type PressureMarble,
  runMarbles,
} from '../../../src/testing';

const P = { t: true, f: false };
const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });

describe('marbleConnection', () => {
  describe('delivers bytes', () => {
    it.each<[string, string, string]>([
      ['never', '-', '-'],
      ['empty', '--|', '--|'],
      ['one', '-a|', '-a|'],
      ['many', 'a-(bc)--|', 'a-(bc)--|'],
      ['in milliseconds, seconds and minutes', 'a 99ms b 2s c 1m |', 'a 99ms b 2s c 1m |'],
    ])('%s', (_, marbles, seen) => {
      runMarbles(({ connection, expectObservable }) => {
        expectObservable(connection(marbles).reader).toBe(seen);
      });
    });

    it('up to a reset, after all bytes before it, also when the socket is held', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader, paused$ } = connection('abc-#', {}, { limit: 1 });
        const reset = { code: 'ECONNRESET', syscall: 'read', errno: -104 };
        expectObservable(reader, '------^').toBe('------(abc#)', {}, reset);
        expectObservable(paused$).toBe('f-t-f', P);
      });
    });

    it('up to another given error', () => {
      runMarbles(({ connection, expectObservable }) => {
        const error = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' });
        const broken = connection('-#', {}, { error });
        expectObservable(broken.reader).toBe('-#', {}, error);
        expectObservable(broken.closed$).toBe('-(c|)', { c: { by: 'error', error } });
      });
    });

    it('up to an error that a consumer throws, and then the rest to the next read', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('-(ab)|');
        const throwing = reader.pipe(
          map(() => {
            throw 'thrown';
          }),
        );
        expectObservable(throwing).toBe('-#', {}, 'thrown');
        expectObservable(reader, '---^').toBe('---b-|');
      });
    });

    it('until it is unsubscribed, and again inside next', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('-a-b-c-d|', { a: '1\n2\n', b: '3', c: '\n', d: '4\n' });
        const line = reader.pipe(readLine(), take(1));
        expectObservable(reader.pipe(lines()), '-^!').toBe('-(ab)', { a: '1', b: '2' });
        expectObservable(line.pipe(concatMap(() => line)), '--^').toBe('-----  --(d|)', { d: '4\n' });
      });
    });

    it('from an Observable of bytes', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const bytes = cold('-a-b|').pipe(map((letter) => Buffer.from(`${letter}\n`)));
        expectObservable(connection(bytes).reader.pipe(lines())).toBe('-a-b|');
      });
    });
  });

  describe('accepts marbles', () => {
    it('of text, bytes and hexadecimal digits, of several chunks, and of their own text', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('abcd---e|', {
          a: 'ä\r\n',
          b: new Uint8Array([0, 255]),
          c: hex`0d 0a`,
          d: ['PI', Buffer.from('NG')],
        });
        const asHex = map((chunk: Buffer) => chunk.toString('hex'));
        expectObservable(reader.pipe(asHex)).toBe('abc(de)f|', {
          a: 'c3a40d0a',
          b: '00ff',
          c: '0d0a',
          d: '5049',
          e: '4e47',
          f: '65',
        });
      });
    });

    it('with letters of any script, each as a chunk with its own memory', () => {
      runMarbles(({ connection, expectObservable }) => {
        expectObservable(connection('é-一', { 一: 'one' }).reader).toBe('é-一', { 一: 'one' });
        const bytes = Buffer.from('x');
        const spoiled = map((chunk: Buffer) => {
          const text = `${chunk}`;
          chunk.fill(0);
          return text;
        });
        expectObservable(connection('a-a', { a: bytes }).reader.pipe(spoiled)).toBe('a-a', { a: 'x' });
      });
    });

    it.each<[string, unknown, RegExp]>([
      ['a number', { a: 1 }, /marble 'a': its chunk must be text or a Uint8Array, and is number/],
      ['nothing', { b: undefined }, /marble 'b'/],
      ['a list with an invalid element', { c: ['x', null] }, /marble 'c': .* is object/],
      ['a name of two letters', { ab: 'x' }, /'ab' as a marble/],
      ['a name with a meaning', { '|': 'x' }, /'\|' as a marble/],
    ])('but throws for %s', (_, chunks, message) => {
      runMarbles(({ connection }) => {
        expect(() => connection('a', chunks as never)).toThrow(TypeError);
        expect(() => connection('a', chunks as never)).toThrow(message);
      });
    });

    it('but throws for an invalid diagram, and for invalid options', () => {
      runMarbles(({ connection }) => {
        expect(() => connection(5 as never)).toThrow(/type number as marbles/);
        expect(() => connection('--^a')).toThrow(/'\^' in '--\^a': a connection begins with its diagram/);
        expect(() => connection('', {}, { idleTimeout: -1 })).toThrow(RangeError);
        expect(() => connection('', {}, { pressure: -1 })).toThrow(RangeError);
        expect(() => connection('', {}, { pressure: Number.NaN })).toThrow(RangeError);
        expect(() => connection('', {}, { pressure: true as never })).toThrow(/type boolean as pressure/);
        expect(() => connection('', {}, { pressure: '--y' })).toThrow(/marble 'y' of '--y' as pressure/);
        expect(() => connection('', {}, { pressure: 'x|' })).toThrow(TypeError);
      });
    });
  });

  it.each(['a 10ms', 'a 10ms|', 'a10ms b', 'a 10 ms b', '10ms', 'a 1.5ms(b)', 'a 5ms b 10 ms c', 'a 7s|', '2m'])(
    'throws for %p, whose time RxJS would parse as marbles, wherever it is used',
    (marbles) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        expect(() => connection(marbles)).toThrow(/Cannot read '[\d.]+ ?m?s?' in '.*' as a time/);
        expect(() => connection('', {}, { pressure: marbles })).toThrow(TypeError);
        const expectation = expectObservable(cold('-'));
        expect(() => expectation.toBe(marbles)).toThrow(TypeError);
        expectation.toBe('-');
        expect(() => connection('10ms a 1.5s  1m b-7s')).not.toThrow();
      });
    },
  );

  describe('shows the written bytes', () => {
    it('in batches, one per frame, through FIN', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const { writer, written$ } = connection();
        expectObservable(cold('(ab)-c-|').pipe(writeTo(writer, { end: true }))).toBe('2----3-|', { 2: 2, 3: 3 });
        expectObservable(written$).toBe('x----c-|', { x: 'ab' });
      });
    });

    it('again to a late subscriber', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { writer, written$ } = connection();
        writer.write('a');
        writer.writeEof();
        expectObservable(written$, '----^').toBe('----(a|)');
      });
    });

    it('as a copy, unaffected by later changes of the source', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const buffer = Buffer.alloc(1);
        const { writer, written$ } = connection();
        cold('abc').subscribe((letter) => {
          buffer.write(letter);
          writer.write(buffer);
        });
        expectObservable(written$).toBe('abc');
      });
    });

    it.each<[string, (to: { destroy(error: unknown): void; reset(): void }) => void, RegExp]>([
      ['destroy', (to) => to.destroy('reason'), /the connection was destroyed/],
      ['reset', (to) => to.reset(), /the connection was reset/],
    ])('and errors with %s, without the queued bytes', (_, end, message) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const to = connection('', {}, { pressure: 3 });
        to.writer.write('a');
        cold('---b-c').subscribe((letter) => {
          if (letter === 'b') to.writer.write('queued');
          else end(to);
        });
        expectObservable(to.written$).toBe('---a-#', {}, { code: 'ERR_CONNECTION_CLOSED', message });
      });
    });

    it('and errors when the peer resets, with the cause', () => {
      runMarbles(({ connection, expectObservable }) => {
        expectObservable(connection('--#').written$).toBe('--#', {}, { cause: RESET });
      });
    });
  });

  describe('has pressure', () => {
    /** When each batch is taken, if every write is a batch under a mark of one byte. */
    function taken(pressure: MarbleConnectionOptions['pressure'], expected: string, source = '(abcd)'): void {
      runMarbles(({ cold, connection, expectObservable }) => {
        const { writer, written$ } = connection('', {}, { pressure, highWaterMark: 1 });
        expectObservable(
          cold(source).pipe(
            writeTo(writer, { maxBuffered: 100, source: [] }),
            concatMap(() => NEVER),
          ),
        ).toBe('');
        expectObservable(written$).toBe(expected);
      });
    }

    it('with a number of frames per batch', () => taken(3, '---a--b--c--d'));
    it('with a time by the size of the batch', () => taken((bytes) => 2 * bytes, '--a-b-c-d'));
    it('with one batch per x', () => taken('--x---x-x', '--a---b-c'));
    it('with the batch that is written in the frame of an x', () => taken('--x---x', '--a---b', '--a---b'));
    it('without a batch that is written later', () => taken('x-----x', '------a', '-a'));
    it('until o opens it, and again from c on', () => taken('--o---c----x-', '--a-b------c', '-a--b-----c-d'));
    it('forever', () => taken('---', '-'));
    it('with an Observable', () => {
      const marbles = new Subject<PressureMarble>();
      runMarbles(({ cold, connection, expectObservable }) => {
        const { writer, written$ } = connection('', {}, { pressure: marbles });
        cold('--x--o').subscribe((marble) => marbles.next(marble as PressureMarble));
        cold('a--b-c').subscribe((chunk) => writer.write(chunk));
        expectObservable(written$).toBe('--a--(bc)');
        expectObservable(writer.pressure$.pipe(take(1))).toBe('(f|)', P);
      });
    });

    it('with an invalid value only when it is emitted', () => {
      const writing = (pressure: MarbleConnectionOptions['pressure']) => () =>
        runMarbles(({ connection }) => connection('', {}, { pressure }).writer.write('a'));
      expect(writing(() => -1)).toThrow(RangeError);
      expect(writing(() => 'soon' as never)).toThrow(
        new TypeError('Cannot use soon as pressure: it must be a number of milliseconds'),
      );
      expect(writing(of('z') as never)).toThrow("Cannot use marble 'z' as pressure: it must be 'x', 'o' or 'c'");
    });

    it('that the writer reports', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const { writer } = connection('', {}, { pressure: '----x', highWaterMark: 4 });
        cold('-a-').subscribe(() => writer.write('1234'));
        expectObservable(writer.pressure$).toBe('ft--f', P);
      });
    });
  });

  describe('shows when its reader pauses', () => {
    it('above twice the limit, until there is room again', () => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const { reader, paused$ } = connection('-aaaa|', {}, { limit: 1 });
        const release = reader.pause();
        cold('------a').subscribe(release);
        expectObservable(reader).toBe('------(aaaa|)');
        expectObservable(paused$).toBe('f--t--f', P);
      });
    });
  });

  describe('shows its end', () => {
    it.each<[string, string, string]>([
      ['peer', '--|', '---(c|)'],
      ['local', '-----|', '-----(c|)'],
    ])('with FIN of both: %s', (by, marbles, closed) => {
      runMarbles(({ cold, connection, expectObservable }) => {
        const { writer, closed$ } = connection(marbles);
        cold('---a').subscribe(() => writer.writeEof());
        expectObservable(closed$).toBe(closed, { c: { by } });
        expectObservable(closed$, '---------^').toBe('---------(c|)', { c: { by } });
      });
    });
  });

  describe('uses virtual time, for example an hour', () => {
    const HOUR = 3_600_000;

    it('with idleTimeout', () => {
      runMarbles(({ connection, expectObservable }) => {
        const error = new SocketTimeoutError('idle', HOUR);
        const { closed$, reader } = connection('10s a', {}, { idleTimeout: HOUR });
        expectObservable(closed$).toBe('3610s (c|)', { c: { by: 'timeout', error } });
        expectObservable(reader).toBe('10s a 3599999ms #', {}, error);
      });
    });

    it('with frameTimeout', () => {
      runMarbles(({ connection, expectObservable }) => {
        const { reader } = connection('a 59m b', { a: 'whole\nha' }, { frameTimeout: HOUR });
        const error = { what: 'frame', timeout: HOUR };
        expectObservable(reader.pipe(lines())).toBe('a 3599999ms #', { a: 'whole' }, error);
      });
    });

    it('with the timeout of a promise, which leaves the bytes', () => {
      runMarbles(({ connection, cold, expectObservable }) => {
        const { reader } = connection('a 120m b', { a: 'ha', b: 'lf\n' });
        void reader.readLine({ timeout: HOUR }).catch(() => {});
        expectObservable(cold('61m a').pipe(concatMap(() => reader.pipe(lines())))).toBe('7200001ms a', { a: 'half' });
      });
    });

    it('with close({ timeout }), for a peer that does not answer FIN', () => {
      runMarbles(({ connection, expectObservable }) => {
        const stuck = connection('', {}, { pressure: '-' });
        stuck.writer.write('x');
        void stuck.close({ timeout: HOUR });
        expectObservable(stuck.closed$).toBe('60m (c|)', {
          c: { by: 'timeout', error: new SocketTimeoutError('close', HOUR) },
        });
        const silent = connection();
        void silent.close({ timeout: HOUR });
        expectObservable(silent.written$).toBe('|');
        expectObservable(silent.closed$).toBe('60m (c|)', { c: { by: 'local' } });
      });
    });

    it('with backoff, over several connections, each of which begins when it is dialed', () => {
      runMarbles(({ connection, expectObservable }) => {
        const peers = [connection.bind(null, 'a--#'), connection.bind(null, '#'), connection.bind(null, '-b|')];
        let dials = 0;
        const dial = defer(() => of(peers[dials++]?.() ?? connection('')));
        const client = dial.pipe(
          switchMap(({ reader }) => reader),
          retry({ delay: backoff({ initial: 1000, jitter: 0 }) }),
        );
        expectObservable(client).toBe('a 3003ms b|');
      });
    });
  });

  describe('outside run', () => {
    it('has frames of ten milliseconds, and flush()', () => {
      const scheduler = new TestScheduler(assertMarbles);
      const { reader, writer, written$ } = marbleConnection(scheduler, '-a-b-|', { a: 'x\ny', b: '\n' });
      const read = reader.pipe(lines());
      scheduler.expectObservable(read.pipe(tap((line) => void writer.write(line)))).toBe('-x-y-|');
      scheduler.expectObservable(written$).toBe('-x-y');
      scheduler.flush();
      expect(scheduler.frame).toBe(50);
    });

    it('accepts any TestScheduler and comparison', () => {
      const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
      scheduler.run(({ expectObservable }) => {
        const { reader } = marbleConnection(scheduler, '-a|');
        expectObservable(reader).toBe('-a|', { a: Buffer.from('a') });
      });
    });
  });

  it('serves a binary protocol, both ways', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader, writer, written$ } = connection('a-b-c|', { a: hex`00`, b: hex`02 68`, c: hex`69` });
      const codec = lengthPrefixed({ bytes: 2 });
      const echo: Observable<number> = reader.pipe(
        decode(codec),
        map((frame) => codec.encode(frame)),
        writeTo(writer),
      );
      expectObservable(echo).toBe('----4|', { 4: 4 });
      expectObservable(written$).toBe('----x', { x: hex`00 02 68 69` });
    });
  });

  it('resolves promises too, after the end of its virtual time', async () => {
    const { reader } = runMarbles(({ connection }) => connection('a 1m b', { a: 'PI', b: 'NG\n' }));
    expect(`${await reader.readLine()}`).toBe('PING\n');
  });

  it('can be repeated inside complete', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader } = connection('aabb|');
      expectObservable(reader.pipe(readExactly(2), take(1), repeat(2))).toBe('-a-(b|)', { a: 'aa', b: 'bb' });
    });
  });
});
