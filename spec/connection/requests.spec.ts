// Proves that every request gets its own reply or an error of its own, in order and by key: whatever is late, lost, given up, or
// under way when the connection ends, and over connections that come and go.
import { asyncScheduler, finalize, firstValueFrom, NEVER, of, Subject, throwError, timer, toArray } from 'rxjs';
import {
  BufferOverflowError,
  type ByteBuffer,
  type Connection,
  ConnectionClosedError,
  connect,
  connectionPair,
  type FrameReader,
  framed,
  ndjson,
  type RequestOptions,
  type Requests,
  type RequestsOptions,
  reconnect,
  replies,
  requests,
  SocketTimeoutError,
  startServer,
} from '../../src';
import { runMarbles } from '../../src/testing';
import { failureOf } from '../support/failureOf';
import { busy, turns, until } from '../support/until';

interface Question {
  id?: number;
  ask: string;
}
interface Answer {
  id?: number;
  say: string;
}
type Options = RequestsOptions<Question, Answer>;

const key = { request: (q: Question) => q.id, reply: (a: Answer) => a.id };

describe('requests', () => {
  let near: Connection;
  let far: Connection;
  let peer: Peer;

  /** The other side, by hand. */
  class Peer {
    readonly got: Question[] = [];
    private readonly frames = framed<Question, Answer>(far, ndjson());

    constructor() {
      this.frames.subscribe({ next: (question) => this.got.push(question), error: () => {} });
    }

    async asked(count: number): Promise<void> {
      await until(`${count} requests have come`, () => this.got.length >= count);
    }

    say(...answers: Answer[]): void {
      for (const answer of answers) this.frames.next(answer);
    }
  }

  function client(options?: Options): Requests<Question, Answer> {
    return requests<Question, Answer>(near, ndjson(), options);
  }

  beforeEach(() => {
    [near, far] = connectionPair();
    peer = new Peer();
  });

  afterEach(async () => {
    near.destroy();
    far.destroy();
    await Promise.all([near.closed, far.closed]);
  });

  describe('in order', () => {
    it('gives each of many its own reply', async () => {
      const calls = client();
      const all = ['a', 'b', 'c'].map((ask) => calls.request({ ask }));
      expect(calls.inFlight).toBe(3);
      await peer.asked(3);
      peer.say({ say: 'A' }, { say: 'B' });
      expect(await all[0]).toEqual({ say: 'A' });
      expect(await all[1]).toEqual({ say: 'B' });
      expect(calls.inFlight).toBe(1);
      peer.say({ say: 'C' });
      expect(await all[2]).toEqual({ say: 'C' });
      expect([calls.inFlight, calls.queued, calls.late]).toEqual([0, 0, 0]);
    });

    it('drops and counts the reply of one that was aborted, and gives the next one its own', async () => {
      const calls = client();
      const abort = new AbortController();
      const first = failureOf(calls.request({ ask: 'a' }, { signal: abort.signal }));
      const second = calls.request({ ask: 'b' });
      abort.abort(new Error('changed my mind'));
      expect(await first).toEqual(new Error('changed my mind'));
      expect(calls.inFlight).toBe(1);
      await peer.asked(2);
      peer.say({ say: 'A' }, { say: 'B' });
      expect(await second).toEqual({ say: 'B' });
      expect(calls.late).toBe(1);
    });

    it('passes on what isUnsolicited says is no reply, and what nobody asked for', async () => {
      const calls = client({ isUnsolicited: ({ say }) => say === 'news' });
      const pushes = firstValueFrom(calls.unsolicited$.pipe(toArray()));
      const reply = calls.request({ ask: 'a' });
      await peer.asked(1);
      peer.say({ say: 'news' }, { say: 'A' }, { say: 'more' });
      expect(await reply).toEqual({ say: 'A' });
      await turns(2);
      far.writer.close();
      expect(await pushes).toEqual([{ say: 'news' }, { say: 'more' }]);
    });
  });

  describe('by key', () => {
    it('gives each its own reply, in any order', async () => {
      const calls = client({ key });
      const [one, two] = [calls.request({ id: 1, ask: 'a' }), calls.request({ id: 2, ask: 'b' })];
      await peer.asked(2);
      peer.say({ id: 2, say: 'B' }, { id: 1, say: 'A' });
      expect(await two).toEqual({ id: 2, say: 'B' });
      expect(await one).toEqual({ id: 1, say: 'A' });
    });

    it('drops and counts late replies, passes on those without a key or with one that is not known', async () => {
      const calls = client({ key });
      const pushes: Answer[] = [];
      calls.unsolicited$.subscribe((push) => pushes.push(push));
      const abort = new AbortController();
      const first = failureOf(calls.request({ id: 1, ask: 'a' }, { signal: abort.signal }));
      abort.abort('enough');
      expect(await first).toBe('enough');
      const second = calls.request({ id: 2, ask: 'b' });
      peer.say({ say: 'news' }, { id: 1, say: 'A' }, { id: 1, say: 'twice' }, { id: 2, say: 'B' }, { id: 9, say: '?' });
      await second;
      await turns(2);
      expect(calls.late).toBe(1);
      expect(pushes).toEqual([{ say: 'news' }, { id: 1, say: 'twice' }, { id: 9, say: '?' }]);
    });

    it('remembers the newest 1000 keys of those that gave up', async () => {
      const calls = client({ key });
      const given = Array.from({ length: 1001 }, (_, id) => {
        const abort = new AbortController();
        const failed = failureOf(calls.request({ id, ask: 'x' }, { signal: abort.signal }));
        abort.abort();
        return failed;
      });
      await Promise.all(given);
      const pushes: Answer[] = [];
      calls.unsolicited$.subscribe((push) => pushes.push(push));
      peer.say({ id: 0, say: 'forgotten' }, { id: 1, say: 'late' }, { id: 1000, say: 'late' });
      await turns(5);
      expect(pushes).toEqual([{ id: 0, say: 'forgotten' }]);
      expect(calls.late).toBe(2);
    });

    it('refuses a key that is in flight, one whose reply may still come, and none', async () => {
      const calls = client({ key });
      const abort = new AbortController();
      const first = failureOf(calls.request({ id: 1, ask: 'a' }, { signal: abort.signal }));
      expect(await failureOf(calls.request({ id: 1, ask: 'b' }))).toEqual(
        new TypeError('Cannot send the request: one with the key 1 is in flight already'),
      );
      abort.abort();
      await first;
      expect(await failureOf(calls.request({ id: 1, ask: 'c' }))).toEqual(
        new TypeError('Cannot send the request: the reply to an earlier one with the key 1 may still come'),
      );
      expect(await failureOf(calls.request({ ask: 'd' }))).toEqual(
        new TypeError('Cannot send the request: it has no key'),
      );
      peer.say({ id: 1, say: 'A' });
      await until('the late reply has come', () => calls.late === 1);
      const again = calls.request({ id: 1, ask: 'e' });
      peer.say({ id: 1, say: 'E' });
      expect(await again).toEqual({ id: 1, say: 'E' });
    });

    it('ends the connection with what a key function throws', async () => {
      const failing = () => {
        throw new Error('no key');
      };
      const calls = client({ key: { request: (q) => q.id, reply: failing } });
      const call = failureOf(calls.request({ id: 1, ask: 'a' }));
      peer.say({ id: 1, say: 'A' });
      expect(((await call) as Error).cause).toEqual(new Error('no key'));
      expect((await near.closed).error).toEqual(new Error('no key'));
    });
  });

  describe('in virtual time', () => {
    interface Tools {
      calls: Requests<Question, Answer>;
      /** At a time, in milliseconds. */
      at(time: number, task: () => void): void;
      /** The peer sends an answer at a time. */
      say(time: number, answer: Answer): void;
      /** Asks at a time; what becomes of it is in the result under `ask`. */
      ask(time: number, question: Question, options?: RequestOptions): void;
      /** What the peer has got. */
      got: Question[];
      near: Connection;
      far: Connection;
    }

    /** Runs a conversation to its end: what became of each question. */
    async function told(options: Options, run: (tools: Tools) => void): Promise<Record<string, unknown>> {
      const result: Record<string, unknown> = {};
      const settled: Promise<unknown>[] = [];
      runMarbles(({ scheduler }) => {
        const [one, two] = connectionPair({ scheduler });
        const frames = framed<Question, Answer>(two, ndjson());
        const got: Question[] = [];
        frames.subscribe({ next: (question) => got.push(question), error: () => {} });
        const calls = requests<Question, Answer>(one, ndjson(), options);
        const at = (time: number, task: () => void) => void timer(time).subscribe(task);
        run({
          calls,
          at,
          say: (time, answer) => at(time, () => frames.next(answer)),
          ask: (time, question, limits) =>
            at(time, () => {
              const outcome = calls.request(question, limits).then(
                ({ say }) => say,
                (error: Error) => (error.cause === undefined ? error : { ...error, cause: error.cause }),
              );
              settled.push(outcome.then((what) => (result[question.ask] = what)));
            }),
          got,
          near: one,
          far: two,
        });
      });
      await Promise.all(settled);
      return result;
    }

    it('rejects a request after its own timeout, or that of all', async () => {
      const result = await told({ timeout: 10 }, ({ ask, say, at, near, far }) => {
        ask(0, { ask: 'a' });
        ask(0, { ask: 'b' }, { timeout: 30 });
        ask(0, { ask: 'c' }, { timeout: 0 });
        say(12, { say: 'A' });
        say(25, { say: 'B' });
        say(500, { say: 'C' });
        at(501, () => near.destroy());
        at(501, () => far.destroy());
      });
      expect(result).toEqual({ a: new SocketTimeoutError('request', 10), b: 'B', c: 'C' });
    });

    it('in order: a reply that does not come in its timeout and as long again ends the connection', async () => {
      let seen: unknown;
      const result = await told({ timeout: 10 }, ({ ask, at, calls, near }) => {
        ask(0, { ask: 'a' });
        ask(15, { ask: 'b' });
        at(19, () => (seen = [near.ended, calls.inFlight, calls.late]));
        ask(21, { ask: 'c' });
      });
      expect(seen).toEqual([undefined, 1, 0]);
      expect(result).toMatchObject({
        a: new SocketTimeoutError('request', 10),
        b: { code: 'ERR_CONNECTION_CLOSED', cause: new SocketTimeoutError('request', 10) },
        c: { code: 'ERR_CONNECTION_CLOSED', cause: new SocketTimeoutError('request', 10) },
      });
    });

    it('in order: the same for a request that was aborted', async () => {
      const abort = new AbortController();
      let open: unknown;
      const result = await told({ timeout: 10 }, ({ ask, at, near }) => {
        ask(0, { ask: 'a' }, { signal: abort.signal });
        at(5, () => abort.abort('enough'));
        at(19, () => (open = near.ended));
        ask(19, { ask: 'b' });
      });
      expect(open).toBeUndefined();
      expect(result).toMatchObject({ a: 'enough', b: { cause: new SocketTimeoutError('request', 10) } });
    });

    it('by key: lost replies end nothing', async () => {
      const result = await told({ timeout: 10, key }, ({ ask, say, at, near, far }) => {
        ask(0, { id: 1, ask: 'a' });
        ask(50, { id: 2, ask: 'b' });
        say(55, { id: 2, say: 'B' });
        at(60, () => near.destroy());
        at(60, () => far.destroy());
      });
      expect(result).toEqual({ a: new SocketTimeoutError('request', 10), b: 'B' });
    });

    it('sends at most maxInFlight, lets maxQueued wait, and refuses more', async () => {
      let seen: unknown;
      const result = await told(
        { maxInFlight: 2, maxQueued: 1, timeout: 20 },
        ({ ask, say, at, got, calls, far, near }) => {
          for (const name of ['a', 'b', 'c', 'd']) ask(0, { ask: name });
          at(1, () => (seen = [got.length, calls.inFlight, calls.queued]));
          say(5, { say: 'A' });
          say(6, { say: 'B' });
          say(7, { say: 'C' });
          at(8, () => near.destroy());
          at(8, () => far.destroy());
        },
      );
      expect(seen).toEqual([2, 2, 1]);
      expect(result).toEqual({ a: 'A', b: 'B', c: 'C', d: new BufferOverflowError(1, 1, 'requests') });
    });

    it('gives up what waits, and does not send it', async () => {
      const abort = new AbortController();
      let asked: string[] = [];
      const result = await told({ maxInFlight: 1, timeout: 50 }, ({ ask, say, at, got, near, far }) => {
        ask(0, { ask: 'a' });
        ask(1, { ask: 'b' }, { timeout: 5 });
        ask(1, { ask: 'c' }, { signal: abort.signal });
        ask(1, { ask: 'd' });
        at(7, () => abort.abort('enough'));
        say(9, { say: 'A' });
        say(20, { say: 'D' });
        at(30, () => {
          asked = got.map((question) => question.ask);
          near.destroy();
          far.destroy();
        });
      });
      expect(result).toEqual({ a: 'A', b: new SocketTimeoutError('request', 5), c: 'enough', d: 'D' });
      expect(asked).toEqual(['a', 'd']);
    });

    it('sends a heartbeat when nothing was sent for a while, and ends the connection if it is not answered', async () => {
      const times: [number, string][] = [];
      let ended: unknown;
      const heartbeat = { every: 10, send: () => ({ ask: 'ping' }) };
      await told({ heartbeat, timeout: 5 }, ({ ask, say, at, near, far }) => {
        framedTap(near, times);
        ask(7, { ask: 'a' });
        say(8, { say: 'A' });
        say(19, { say: 'pong' });
        at(40, () => (ended = near.ended));
        at(40, () => far.destroy());
      });
      expect(times).toEqual([
        [7, 'a'],
        [17, 'ping'],
        [27, 'ping'],
      ]);
      expect(ended).toMatchObject({ by: 'local', error: new SocketTimeoutError('request', 5) });
    });
  });

  function framedTap(connection: Connection, times: [number, string][]): void {
    connection.writer.subscribe((chunk) => times.push([asyncScheduler.now(), JSON.parse(`${chunk}`).ask]));
  }

  describe('when the connection ends', () => {
    it.each<[string, () => void, unknown]>([
      ['reset by the peer', () => far.reset(), expect.objectContaining({ code: 'ECONNRESET' })],
      ['ended by the peer', () => far.writer.close(), undefined],
      ['destroyed here', () => near.destroy(new Error('why')), new Error('why')],
      ['closed here', () => void near.close(), undefined],
      [
        'broken by bytes that are no frame',
        () => far.writer.write('{\n'),
        expect.objectContaining({ name: 'InvalidFrameError' }),
      ],
    ])('%s: rejects all with fresh errors that have the cause, and every later one', async (_, end, cause) => {
      const calls = client();
      const pending = ['a', 'b'].map((ask) => failureOf(calls.request({ ask })));
      await peer.asked(2);
      end();
      const [one, two] = (await Promise.all(pending)) as [Error, Error];
      expect(one).toBeInstanceOf(ConnectionClosedError);
      expect(two).toBeInstanceOf(ConnectionClosedError);
      expect(one).not.toBe(two);
      expect([one.cause, two.cause]).toEqual([cause, cause]);
      const later = (await failureOf(calls.request({ ask: 'c' }))) as Error;
      expect(later).toBeInstanceOf(ConnectionClosedError);
      expect(later.cause).toEqual(cause);
      expect([calls.inFlight, calls.queued]).toEqual([0, 0]);
    });

    it('by the peer: answers first what was replied before', async () => {
      const calls = client();
      const [one, two] = [calls.request({ ask: 'a' }), failureOf(calls.request({ ask: 'b' }))];
      await peer.asked(2);
      peer.say({ say: 'A' });
      far.writer.close();
      expect(await one).toEqual({ say: 'A' });
      expect(await two).toBeInstanceOf(ConnectionClosedError);
      expect((await near.closed).by).toBe('peer');
    });
  });

  it.each<[string, () => void]>([
    ['reset by the peer', () => far.reset()],
    ['destroyed by the peer', () => far.destroy()],
  ])('when the connection is %s: answers first what has arrived, though it takes many turns', async (_, end) => {
    const count = 60;
    const { encode, decode } = ndjson<Answer>();
    // A slow codec, so that the reader goes on in later turns.
    const slow = {
      encode: (value: Question) => encode(value as never),
      decode(buffer: ByteBuffer, ended: boolean): Answer | undefined {
        const answer = decode(buffer, ended);
        if (answer !== undefined) busy(2);
        return answer;
      },
    };
    const calls = requests<Question, Answer>(near, slow, {});
    const said = Promise.allSettled(Array.from({ length: count + 1 }, (_, i) => calls.request({ ask: `${i}` })));
    await peer.asked(count + 1);
    const all = Array.from({ length: count }, (_, i) => encode({ say: `${i}` }));
    far.writer.write(Buffer.concat(all));
    await far.writer.flush();
    end();
    const results = await said;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(count);
    expect(results[count]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CONNECTION_CLOSED' } });
  });

  it('forgets a request that is aborted while it is encoded', async () => {
    const abort = new AbortController();
    const { encode, decode } = ndjson<Answer>();
    const codec = {
      decode,
      encode(value: Question): Uint8Array {
        if (value.ask === 'a') abort.abort(new Error('why'));
        return encode(value as never);
      },
    };
    const calls = requests<Question, Answer>(near, codec);
    expect(await failureOf(calls.request({ ask: 'a' }, { signal: abort.signal }))).toEqual(new Error('why'));
    expect([calls.inFlight, calls.queued]).toEqual([0, 0]);
    const reply = calls.request({ ask: 'b' });
    await peer.asked(1);
    expect(peer.got).toEqual([{ ask: 'b' }]);
    peer.say({ say: 'B' });
    expect(await reply).toEqual({ say: 'B' });
  });

  it('runs no handshake on a connection that has ended', async () => {
    near.destroy(new Error('why'));
    await near.closed;
    const handshake = jest.fn(() => new Promise(() => {}));
    const calls = client({ handshake });
    expect(handshake).not.toHaveBeenCalled();
    expect(((await failureOf(calls.request({ ask: 'a' }))) as Error).cause).toEqual(new Error('why'));
  });

  it('emits no frame of a connection that it has ended', async () => {
    const seen: unknown[] = [];
    const isUnsolicited = ({ say }: Answer) => {
      if (say === 'bad') throw new Error('bad');
      return true;
    };
    peer.say({ say: 'one' }, { say: 'bad' }, { say: 'two' });
    await until('all is buffered', () => near.reader.bufferedAmount > 35);
    const opened = new Subject<Connection>();
    const calls = requests<Question, Answer>(opened, ndjson(), { isUnsolicited });
    calls.unsolicited$.subscribe((frame) => seen.push(frame));
    opened.next(near);
    await near.closed;
    expect(seen).toEqual([{ say: 'one' }]);
    await calls.close();
  });

  it('rejects what the codec refuses, alone', async () => {
    const calls = client();
    const wrong = calls.request({ ask: 1n as never });
    expect(await failureOf(wrong)).toBeInstanceOf(TypeError);
    const right = calls.request({ ask: 'a' });
    peer.say({ say: 'A' });
    expect(await right).toEqual({ say: 'A' });
  });

  it('sends a frame without a reply, in order', async () => {
    const calls = client();
    const first = calls.request({ ask: 'a' });
    await calls.send({ ask: 'tell' });
    const last = calls.request({ ask: 'b' });
    await peer.asked(3);
    expect(peer.got.map(({ ask }) => ask)).toEqual(['a', 'tell', 'b']);
    peer.say({ say: 'A' }, { say: 'B' });
    expect([await first, await last]).toEqual([{ say: 'A' }, { say: 'B' }]);
  });

  it('writes no more than the writer has room for', async () => {
    far.destroy();
    near.destroy();
    [near, far] = connectionPair({ highWaterMark: 100, capacity: 100, limit: 100 });
    const calls = client();
    const all = Array.from({ length: 100 }, () => failureOf(calls.request({ ask: 'x'.repeat(10) })));
    await turns(5);
    expect(near.writer.bufferedAmount).toBeLessThan(200);
    expect(calls.queued).toBeGreaterThan(50);
    peer = new Peer();
    await peer.asked(100);
    expect(calls.queued).toBe(0);
    near.destroy();
    await Promise.all(all);
  });

  it('runs a handshake first, which may read and write by itself', async () => {
    const calls = client({
      handshake: async (frames) => {
        await frames.send({ ask: 'login' });
        const { say } = await firstValueFrom(frames);
        if (say !== 'welcome') throw new Error(say);
      },
    });
    const reply = calls.request({ ask: 'a' });
    await peer.asked(1);
    expect([peer.got.length, calls.queued, calls.inFlight]).toEqual([1, 1, 0]);
    peer.say({ say: 'welcome' });
    await peer.asked(2);
    peer.say({ say: 'A' });
    expect(await reply).toEqual({ say: 'A' });
    expect(peer.got).toEqual([{ ask: 'login' }, { ask: 'a' }]);
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('no entry'))],
    [
      'throws',
      () => {
        throw new Error('no entry');
      },
    ],
  ])('ends the connection when the handshake %s', async (_, handshake) => {
    const calls = client({ handshake });
    expect(((await failureOf(calls.request({ ask: 'a' }))) as Error).cause).toEqual(new Error('no entry'));
    expect((await near.closed).error).toEqual(new Error('no entry'));
  });

  it('ends the connection when the handshake takes too long', async () => {
    const calls = client({ timeout: 20, handshake: () => new Promise(() => {}) });
    const reply = failureOf(calls.request({ ask: 'a' }, { timeout: 0 }));
    expect(((await reply) as Error).cause).toEqual(new SocketTimeoutError('handshake', 20));
  });

  it('leaves a connection alone whose reader is in use', async () => {
    far.writer.write('x');
    const busy = far.reader;
    expect(busy).toBeDefined();
    const other = requests<Answer, Question>(far, ndjson());
    expect(((await failureOf(other.request({ say: 'a' }))) as Error).cause).toMatchObject({ name: 'ReaderBusyError' });
    expect(far.ended).toBeUndefined();
  });

  describe('close()', () => {
    it('waits for what is under way, refuses more, and closes in good order', async () => {
      const calls = client({ maxInFlight: 1 });
      const [one, two] = [calls.request({ ask: 'a' }), calls.request({ ask: 'b' })];
      const closed = calls.close();
      expect(await failureOf(calls.request({ ask: 'c' }))).toBeInstanceOf(ConnectionClosedError);
      await peer.asked(1);
      peer.say({ say: 'A' });
      await peer.asked(2);
      peer.say({ say: 'B' });
      expect([await one, await two]).toEqual([{ say: 'A' }, { say: 'B' }]);
      void far.close();
      await closed;
      expect(near.ended).toEqual({ by: 'local' });
    });

    it('waits no longer than its timeout', async () => {
      const calls = client();
      const call = failureOf(calls.request({ ask: 'a' }));
      await peer.asked(1);
      const closed = calls.close({ timeout: 5 });
      expect(await call).toBeInstanceOf(ConnectionClosedError);
      far.destroy();
      await closed;
    });

    it('completes unsolicited$, and may be called again', async () => {
      const calls = client();
      const pushes = firstValueFrom(calls.unsolicited$.pipe(toArray()));
      far.writer.close();
      await Promise.all([calls.close(), calls.close()]);
      expect(await pushes).toEqual([]);
    });
  });

  describe('over one connection after the other', () => {
    it('lets requests wait until there is one, each with its own timeout', async () => {
      const source = new Subject<Connection>();
      const calls = requests<Question, Answer>(source, ndjson());
      const late = failureOf(calls.request({ ask: 'late' }, { timeout: 5 }));
      const first = calls.request({ ask: 'a' });
      expect(await late).toEqual(new SocketTimeoutError('request', 5));
      source.next(near);
      await peer.asked(1);
      peer.say({ say: 'A' });
      expect(await first).toEqual({ say: 'A' });
      expect(peer.got).toEqual([{ ask: 'a' }]);
    });

    it('rejects what was under way, except what is idempotent: that is sent again, once, before the others', async () => {
      const source = new Subject<Connection>();
      const calls = requests<Question, Answer>(source, ndjson(), { maxInFlight: 3 });
      source.next(near);
      const plain = failureOf(calls.request({ ask: 'plain' }));
      const again = calls.request({ ask: 'again' }, { idempotent: true });
      const twice = failureOf(calls.request({ ask: 'twice' }, { idempotent: true }));
      const next = calls.request({ ask: 'next' });
      await peer.asked(3);
      far.reset();
      expect(((await plain) as Error).cause).toMatchObject({ code: 'ECONNRESET' });
      [near, far] = connectionPair();
      peer = new Peer();
      source.next(near);
      await peer.asked(3);
      expect(peer.got.map(({ ask }) => ask)).toEqual(['again', 'twice', 'next']);
      peer.say({ say: 'AGAIN' });
      expect(await again).toEqual({ say: 'AGAIN' });
      far.reset();
      expect(((await twice) as Error).cause).toMatchObject({ code: 'ECONNRESET' });
      await failureOf(next);
    });

    it('runs the handshake on each', async () => {
      const source = new Subject<Connection>();
      let shaken = 0;
      const calls = requests<Question, Answer>(source, ndjson(), { handshake: async () => void shaken++ });
      source.next(near);
      await until('it has shaken hands', () => shaken === 1);
      far.destroy();
      await near.closed;
      [near, far] = connectionPair();
      peer = new Peer();
      source.next(near);
      peer.say({ say: 'A' });
      const reply = calls.request({ ask: 'a' });
      await peer.asked(1);
      peer.say({ say: 'B' });
      expect(shaken).toBe(2);
      await reply;
    });

    it.each([
      ['fails', () => throwError(() => new Error('gone')), new Error('gone')],
      ['completes without one', () => of<Connection>(), undefined],
      ['emits something else', () => of('x' as unknown as Connection), expect.any(TypeError)],
    ])('rejects everything once the source %s', async (_, source, cause) => {
      const calls = requests<Question, Answer>(source(), ndjson());
      expect(((await failureOf(calls.request({ ask: 'a' }))) as Error).cause).toEqual(cause);
    });

    it('unsubscribes from the source when it is closed, after the connection', async () => {
      const source = new Subject<Connection>();
      let destroyed = 0;
      const calls = requests<Question, Answer>(
        source.pipe(finalize(() => void (near.ended === undefined && destroyed++))),
        ndjson(),
      );
      source.next(near);
      const call = calls.request({ ask: 'a' });
      await peer.asked(1);
      const closed = calls.close();
      peer.say({ say: 'A' });
      await call;
      void far.close();
      await closed;
      expect([destroyed, source.observed]).toEqual([0, false]);
    });

    it('lives through a server that goes and comes back, with connect and reconnect', async () => {
      const serve = (port: number) =>
        startServer(
          (connection) =>
            replies<Question, Answer>(connection, ndjson(), ({ ask }) =>
              ask === 'never' ? new Promise<Answer>(() => {}) : { say: ask.toUpperCase() },
            ),
          { host: '127.0.0.1', port },
        );
      let server = await serve(0);
      const { port } = server;
      const calls = requests<Question, Answer>(
        connect({ host: '127.0.0.1', port: port as number }).pipe(reconnect({ initial: 5, max: 20 })),
        ndjson(),
      );
      expect(await calls.request({ ask: 'a' })).toEqual({ say: 'A' });
      const broken = failureOf(calls.request({ ask: 'never' }));
      await until('it is under way', () => calls.inFlight === 1);
      server.abortClients();
      await server.close({ timeout: 1 });
      expect(await broken).toBeInstanceOf(ConnectionClosedError);
      const waiting = calls.request({ ask: 'b' });
      server = await serve(port as number);
      expect(await waiting).toEqual({ say: 'B' });
      await calls.close();
      await server.close();
    });
  });

  it('takes a codec whose decode is a generator function', async () => {
    const calls = requests<string, string>(near, {
      *decode(read: FrameReader) {
        return (yield* read.line()).slice(1);
      },
      encode: (text) => Buffer.from(`"${text}"\n`),
    });
    const reply = calls.request('a');
    far.writer.write('>A\n');
    expect(await reply).toBe('A');
  });

  it.each<[string, () => unknown, string]>([
    [
      'what is no connection',
      () => requests({} as never, ndjson()),
      'the first argument must be a Connection or an Observable',
    ],
    [
      'a codec that encodes nothing',
      () => requests(NEVER, { decode: () => undefined } as never),
      'must have encode and decode',
    ],
    ['a timeout below 0', () => requests(NEVER, ndjson(), { timeout: -1 }), 'Cannot use -1 as timeout'],
    ['maxInFlight of 0', () => requests(NEVER, ndjson(), { maxInFlight: 0 }), 'Cannot use 0 as maxInFlight'],
    [
      'maxQueued that is no number',
      () => requests(NEVER, ndjson(), { maxQueued: 'x' as never }),
      'Cannot use x as maxQueued',
    ],
    ['half a key', () => requests(NEVER, ndjson(), { key: { request: () => 1 } as never }), 'as key.reply'],
    [
      'a heartbeat without a pause',
      () => requests(NEVER, ndjson(), { heartbeat: { every: 0, send: () => 1 } }),
      'Cannot use 0 as heartbeat.every',
    ],
    [
      'a heartbeat without a request',
      () => requests(NEVER, ndjson(), { heartbeat: { every: 1 } as never }),
      'as heartbeat.send',
    ],
    ['a handshake that is no function', () => requests(NEVER, ndjson(), { handshake: 1 as never }), 'as handshake'],
    [
      'isUnsolicited that is no function',
      () => requests(NEVER, ndjson(), { isUnsolicited: 1 as never }),
      'as isUnsolicited',
    ],
    [
      'a request with a timeout below 0',
      () => client().request({ ask: 'a' }, { timeout: -1 }),
      'Cannot use -1 as timeout',
    ],
    ['a request whose signal is none', () => client().request({ ask: 'a' }, { signal: {} as never }), 'as signal'],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
