// Proves that a framed connection is an Observable of messages and an Observer of them, on the bytes of the connection
// and with its rules: one reader, nothing lost, an end for each direction.
import { concat, firstValueFrom, lastValueFrom, of, share, take, throwError, toArray } from 'rxjs';
import {
  type Codec,
  type Connection,
  ConnectionClosedError,
  connectionPair,
  delimited,
  type FramedConnection,
  type FrameReader,
  framed,
  lengthPrefixed,
  ndjson,
  ReaderBusyError,
} from '../../src';
import { failureOf } from '../support/failureOf';
import { transports } from '../support/transports';
import { turns, until } from '../support/until';

interface Message {
  id: number;
  text?: string;
}

const text: Codec<string> = {
  decode: (buffer, ended) => delimited('\n').decode(buffer, ended)?.toString(),
  encode: (line) => delimited('\n').encode(Buffer.from(line)),
};

describe('framed', () => {
  let one: Connection;
  let other: Connection;
  let errors: unknown[];

  beforeEach(() => {
    [one, other] = connectionPair();
    errors = [];
  });

  afterEach(async () => {
    one.destroy();
    other.destroy();
    await Promise.all([one.closed, other.closed]);
  });

  it('takes a codec whose decode is a generator function', async () => {
    const codec = {
      *decode(read: FrameReader) {
        const size = yield* read.uint(2);
        return `${yield* read.exactly(size)}`;
      },
      encode: (message: string) => lengthPrefixed({ bytes: 2 }).encode(message),
    };
    const received: Promise<string[]> = lastValueFrom(framed(other, codec).pipe(take(2), toArray()));
    const messages: FramedConnection<string> = framed(one, codec);
    messages.next('one');
    await messages.send('é');
    expect(await received).toEqual(['one', 'é']);
  });

  it('takes different types for incoming and outgoing messages', async () => {
    const left: FramedConnection<Message, string> = framed(one, ndjson<Message, string>());
    const right = framed(other, ndjson<string, Message>());
    const received = firstValueFrom(right);
    await left.send('question');
    expect((await received).toUpperCase()).toBe('QUESTION');
    const reply = firstValueFrom(left);
    await right.send({ id: 7 });
    expect((await reply).id).toBe(7);
  });

  it('sends and receives messages, in both directions at once', async () => {
    const [left, right] = [framed(one, ndjson<Message>()), framed(other, ndjson<Message>())];
    const received = [left, right].map((side) => lastValueFrom(side.pipe(take(3), toArray())));
    left.next({ id: 1 });
    right.next({ id: 10, text: 'ä\n' });
    await left.send({ id: 2 });
    left.next({ id: 3 });
    await right.send({ id: 20 });
    right.next({ id: 30 });
    expect(await Promise.all(received)).toEqual([
      [{ id: 10, text: 'ä\n' }, { id: 20 }, { id: 30 }],
      [{ id: 1 }, { id: 2 }, { id: 3 }],
    ]);
  });

  it('is an Observer: its completion ends the writing side', async () => {
    const messages = lastValueFrom(framed(other, text).pipe(toArray()));
    of('a', 'b', 'c').subscribe(framed(one, text));
    expect(await messages).toEqual(['a', 'b', 'c']);
    // Only this direction has ended.
    other.writer.write('still\n');
    expect(`${await one.reader.readLine()}`).toBe('still\n');
  });

  it('aborts the connection when the source it subscribes to errors', async () => {
    const lost = failureOf(lastValueFrom(framed(other, text)));
    concat(
      of('a'),
      throwError(() => new Error('gone wrong')),
    ).subscribe(framed(one, text));
    expect((await one.closed).error).toMatchObject({ message: 'gone wrong' });
    expect(await lost).toBeInstanceOf(Error);
  });

  it('next() aborts the connection for a value that the codec refuses', async () => {
    framed(one, text).next('two\nlines');
    expect((await one.closed).error).toMatchObject({ name: 'InvalidFrameError' });
  });

  it('send() rejects for a value that the codec refuses, and the connection goes on', async () => {
    const messages = framed(one, text);
    expect(await failureOf(messages.send('two\nlines'))).toMatchObject({ name: 'InvalidFrameError' });
    await messages.send('fine');
    expect(`${await other.reader.readLine()}`).toBe('fine\n');
  });

  it('send() rejects once the connection is closed, and next() does nothing', async () => {
    const messages = framed(one, text);
    one.destroy();
    await one.closed;
    expect(await failureOf(messages.send('late'))).toBeInstanceOf(ConnectionClosedError);
    expect(() => messages.next('late')).not.toThrow();
  });

  it('send() waits while the peer does not read', async () => {
    const messages = framed(one, lengthPrefixed({ bytes: 4 }));
    let sent = 0;
    const all = (async () => {
      for (; sent < 100; sent++) await messages.send(Buffer.alloc(64 * 1024));
    })();
    await turns(50);
    expect(sent).toBeLessThan(20);
    const received = lastValueFrom(framed(other, lengthPrefixed({ bytes: 4 })).pipe(take(100), toArray()));
    await all;
    expect((await received).map(({ length }) => length)).toEqual(Array(100).fill(64 * 1024));
  });

  it('has one reader for all its users', async () => {
    const messages = framed(one, text);
    const first = messages.subscribe();
    for (const second of [messages, framed(one, ndjson()), one.reader]) {
      second.subscribe({ error: (error) => errors.push(error) });
    }
    expect(errors).toEqual([expect.any(ReaderBusyError), expect.any(ReaderBusyError), expect.any(ReaderBusyError)]);
    first.unsubscribe();
    const shared = messages.pipe(share());
    const seen: string[] = [];
    const two = ['1', '2'].map((name) => shared.subscribe((message) => seen.push(`${name} ${message}`)));
    other.writer.write('a\n');
    await until('both have it', () => seen.length === 2);
    expect(seen).toEqual(['1 a', '2 a']);
    for (const subscription of two) subscription.unsubscribe();
  });

  it('leaves unread messages to the next read of any kind', async () => {
    const messages = framed(one, text);
    other.writer.write('a\nb\n{"id":1}\nrest');
    other.writer.complete();
    expect(await firstValueFrom(messages)).toBe('a');
    expect(await firstValueFrom(messages)).toBe('b');
    expect(await firstValueFrom(framed(one, ndjson<Message>()))).toEqual({ id: 1 });
    expect(`${await one.reader.readAll()}`).toBe('rest');
  });

  it('completes when the peer ends between messages, and fails inside one', async () => {
    other.writer.write('a\n');
    other.writer.complete();
    expect(await lastValueFrom(framed(one, text).pipe(toArray()))).toEqual(['a']);
    const [third, fourth] = connectionPair();
    fourth.writer.write('a\nhal');
    fourth.writer.complete();
    expect(await failureOf(lastValueFrom(framed(third, text)))).toMatchObject({
      name: 'IncompleteReadError',
      partial: Buffer.from('hal'),
    });
    fourth.destroy();
    third.destroy();
  });

  it('exposes its connection', () => {
    expect(framed(one, text).connection).toBe(one);
  });

  it.each([undefined, null, {}, { decode: () => undefined }, { encode: () => Buffer.alloc(0) }])(
    'throws for %p',
    (codec) => {
      expect(() => framed(one, codec as never)).toThrow(TypeError);
    },
  );

  it('has the types of its codec', () => {
    const messages: FramedConnection<Message> = framed(one, ndjson<Message>());
    const frames: FramedConnection<Buffer, Uint8Array> = framed(one, lengthPrefixed({ bytes: 4 }));
    messages.next({ id: 1 });
    frames.next(new Uint8Array(2));
    const wrong = () => {
      // @ts-expect-error A message has an id.
      messages.next({});
      // @ts-expect-error Text is not bytes.
      void frames.send('text');
      // @ts-expect-error It is a message.
      messages.subscribe((message: string) => message);
    };
    expect(wrong).toBeInstanceOf(Function);
  });
});

describe.each(transports)('framed over $name', (kind) => {
  it('carries a conversation', async () => {
    const { near, far, release } = await kind.open('client');
    const [client, server] = [framed(near, ndjson<Message>()), framed(far, ndjson<Message>())];
    const served = server.subscribe(({ id }) => server.next({ id: id * 2 }));
    const answers = lastValueFrom(client.pipe(take(50), toArray()));
    for (let id = 0; id < 50; id++) await client.send({ id, text: 'x'.repeat(1000) });
    expect((await answers).map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, id) => id * 2));
    served.unsubscribe();
    await release();
  });
});
