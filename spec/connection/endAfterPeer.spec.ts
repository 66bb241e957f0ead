// Proves when our side ends after the peer has ended: not before every pending answer is done.
import { concatMap, mergeMap, type Observable, of, Subject, take, tap } from 'rxjs';
import {
  backpressure,
  type Connection,
  concatMapPausing,
  connectionPair,
  eachValueFrom,
  lines,
  mergeMapPausing,
  readLine,
  type StreamReader,
  type StreamWriter,
  writeTo,
} from '../../src';
import { endAfterPeer } from '../../src/connection/endAfterPeer';
import { turns } from '../support/until';

const work = async (line: string): Promise<string> => {
  await turns(3);
  return `${line.toUpperCase()}\n`;
};

describe('endAfterPeer', () => {
  let near: Connection;
  let far: Connection;

  beforeEach(() => {
    [near, far] = connectionPair();
    endAfterPeer(near);
  });

  afterEach(() => {
    near.destroy();
    far.destroy();
  });

  /** The peer asks three times and ends its side. Returns all answers, once we have ended ours. */
  async function answers(): Promise<string> {
    far.writer.write('a\nb\nc\n');
    far.writer.writeEof();
    return `${await far.reader.readAll()}`;
  }

  const slow: [string, (reader: StreamReader) => Observable<string>][] = [
    ['concatMap', (reader) => reader.pipe(lines(), concatMap(work))],
    ['mergeMap', (reader) => reader.pipe(lines(), mergeMap(work))],
    ['concatMapPausing', (reader) => reader.pipe(lines(), concatMapPausing(work))],
    ['mergeMapPausing', (reader) => reader.pipe(lines(), mergeMapPausing(work, 8))],
    ['take and concatMap', (reader) => reader.pipe(lines(), take(3), concatMap(work))],
  ];
  const ways: [string, (answers$: Observable<string>, writer: StreamWriter) => void][] = [
    ['writeTo', (answers$, writer) => void answers$.pipe(writeTo(writer)).subscribe()],
    ['backpressure', (answers$, writer) => void answers$.pipe(backpressure(writer), tap(writer)).subscribe()],
    ['subscribe(writer)', (answers$, writer) => void answers$.subscribe(writer)],
  ];
  for (const [operator, answer] of slow) {
    it.each(ways)(`waits for ${operator} and %s`, async (_, write) => {
      write(answer(near.reader), near.writer);
      expect(await answers()).toBe('A\nB\nC\n');
      expect(await near.closed).toEqual({ by: 'peer' });
    });
  }

  it('waits for an answer that is a separate pipe', async () => {
    const answer = (line: string) => of(line).pipe(concatMap(work), writeTo(near.writer));
    near.reader.pipe(lines(), mergeMap(answer)).subscribe();
    expect(await answers()).toBe('A\nB\nC\n');
  });

  it('waits for several sources of the writer when one is unsubscribed', async () => {
    near.reader.pipe(lines(), concatMap(work), writeTo(near.writer)).subscribe();
    const endless = new Subject<string>().pipe(writeTo(near.writer)).subscribe();
    let ended = false;
    const all = answers().finally(() => {
      ended = true;
    });
    await turns(30);
    expect(ended).toBe(false);
    endless.unsubscribe();
    expect(await all).toBe('A\nB\nC\n');
  });

  it('waits for a source of subscribe(writer) until it is unsubscribed', async () => {
    const never = new Subject<string>();
    const subscription = near.reader
      .pipe(
        lines(),
        mergeMap(() => never),
      )
      .subscribe(near.writer);
    let ended = false;
    const all = answers().finally(() => {
      ended = true;
    });
    await turns(10);
    never.next('late');
    await turns(10);
    expect(ended).toBe(false);
    subscription.unsubscribe();
    expect(await all).toBe('latelatelate');
  });

  it('waits for a loop over the chunks of the reader, and for one over a pipe', async () => {
    const loops: [string, (reader: StreamReader) => AsyncIterable<Uint8Array | string>][] = [
      ['chunks', (reader) => reader],
      ['eachValueFrom', (reader) => eachValueFrom(reader)],
    ];
    for (const [name, values] of loops) {
      const [one, other] = connectionPair();
      endAfterPeer(one);
      const loop = (async () => {
        for await (const chunk of values(one.reader)) one.writer.write(await work(`${name} ${chunk}`));
      })();
      other.writer.write('a');
      other.writer.writeEof();
      expect(`${await other.reader.readAll()}`).toBe(`${name} a\n`.toUpperCase());
      await loop;
      expect(await one.closed).toEqual({ by: 'peer' });
    }
  });

  it('waits until a loop over the chunks is left, and leaves the rest unread', async () => {
    far.writer.write('a');
    const chunks = near.reader[Symbol.asyncIterator]();
    expect(`${(await chunks.next()).value}`).toBe('a');
    far.writer.write('b\n');
    far.writer.writeEof();
    let ended = false;
    const all = far.reader.readAll().finally(() => {
      ended = true;
    });
    expect(`${await near.reader.readLine()}`).toBe('b\n');
    await turns(5);
    expect(ended).toBe(false);
    await chunks.return();
    near.writer.write('late');
    expect(`${await all}`).toBe('late');
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('does not wait for a loop over the chunks that failed', async () => {
    const all = near.reader.readAll();
    const loop = (async () => {
      for await (const _ of near.reader) expect(_).toBe('nothing');
    })();
    await expect(loop).rejects.toMatchObject({ code: 'ERR_READER_BUSY' });
    expect(await answers()).toBe('');
    expect(`${await all}`).toBe('a\nb\nc\n');
  });

  it('lets code that awaits drain() or flush() run first', async () => {
    const big = Buffer.alloc(1024 * 1024);
    const served = (async () => {
      await near.reader.readAll();
      near.writer.write(big);
      await near.writer.drain();
      near.writer.write(big);
      await near.writer.flush();
      near.writer.write('end');
    })();
    expect(await answers()).toHaveLength(2 * big.length + 3);
    await served;
  });

  it('does not wait for observers: a subscriber of pressure$, a tap on the writer, a read without an answer', async () => {
    near.writer.pressure$.subscribe();
    near.writer.subscribe();
    near.reader
      .pipe(
        readLine(),
        concatMap(() => new Subject()),
      )
      .subscribe();
    expect(await answers()).toBe('');
  });

  it('ends when the connection breaks meanwhile', async () => {
    const failures: unknown[] = [];
    new Subject<string>().pipe(writeTo(near.writer)).subscribe({ error: (error) => failures.push(error) });
    near.reader.subscribe();
    far.writer.writeEof();
    await turns(3);
    far.reset();
    expect(await near.closed).toMatchObject({ by: 'reset' });
    expect(failures).toMatchObject([{ code: 'ERR_CONNECTION_CLOSED' }]);
  });
});
