import { catchError, ignoreElements, map, NEVER, of, range, Subject } from 'rxjs';
import { BufferOverflowError, ndjson } from 'rxjs-tcp';
import { runMarbles } from 'rxjs-tcp/testing';
import type { AnswerPacket } from './packets.js';
import { type Answer, type PacketHandler, ServedConnection } from './ServedConnection.js';

// In virtual time: the diagram is what the client sends.

const ask = (id: string) => `{"id":"${id}"}\n`;
const stop = (id: string) => `{"id":"${id}","isDisposed":true}\n`;
const ask1stop1 = { a: ask('1'), b: stop('1') };

function handling(handle: (id: string) => Answer['packets$'] | Promise<unknown>): PacketHandler {
  return {
    handle: (packet) => {
      const { id } = packet as { id: string };
      const result = handle(id);
      return result instanceof Promise ? result : { id, packets$: result };
    },
    pack: (answer: AnswerPacket) => Buffer.from(`${JSON.stringify(answer)}\n`),
  };
}

const limits = { concurrency: 10, maxHeld: 1000 };

describe('ServedConnection', () => {
  it('takes no more requests than may be at work', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const near = connection('(abc)', { a: ask('1'), b: ask('2'), c: ask('3') });
      const seen = new Subject<string>();
      const release = new Subject<AnswerPacket>();
      expectObservable(seen).toBe('(ab)-(c)', { a: '1', b: '2', c: '3' });
      const handler = handling((id) => {
        seen.next(id);
        return id === '1' ? release : NEVER;
      });
      new ServedConnection(near, handler, ndjson(), { ...limits, concurrency: 2 }).served$.subscribe();
      scheduler.schedule(() => release.complete(), 5);
    });
  });

  it('leaves the Observable of a request that its client stops, and says so', () => {
    runMarbles(({ connection, cold, expectObservable, expectSubscriptions }) => {
      const near = connection('a---b-', ask1stop1);
      const packets$ = cold<AnswerPacket>('--v--v--v', { v: { id: '1', response: 7 } });
      expectObservable(near.written$).toBe('--v-s', { v: '{"id":"1","response":7}\n', s: stop('1') });
      new ServedConnection(
        near,
        handling(() => packets$),
        ndjson(),
        limits,
      ).served$.subscribe();
      expectSubscriptions(packets$.subscriptions).toBe('^---!');
    });
  });

  it('ends a stream that its client does not read, once maxHeld bytes of it wait', async () => {
    let failure: unknown;
    await runMarbles(async ({ connection }) => {
      const near = connection('a', { a: ask('1') }, { pressure: 'x' });
      const packets$ = range(0, 10_000).pipe(map((response) => ({ id: '1', response })));
      const failed = new Promise((resolve) =>
        new ServedConnection(
          near,
          handling(() => packets$),
          ndjson(),
          limits,
        ).served$.subscribe({ error: resolve }),
      );
      failure = await failed;
      near.destroy();
    });
    expect(failure).toBeInstanceOf(BufferOverflowError);
  });

  it('refuses requests while it finishes, and closes after the last answer', async () => {
    await runMarbles(async ({ connection, expectObservable, scheduler }) => {
      const near = connection('a----b', { a: ask('1'), b: ask('2') });
      const answer = new Subject<AnswerPacket>();
      const refused = '{"id":"2","err":"The server is closing","status":"error","isDisposed":true}\n';
      const answered = '{"id":"1","isDisposed":true}\n';
      expectObservable(near.written$).toBe('-----r--(a|)', { r: refused, a: answered });
      const served = new ServedConnection(
        near,
        handling(() => answer),
        ndjson(),
        limits,
      );
      served.served$.subscribe();
      scheduler.schedule(() => served.finish(), 2);
      scheduler.schedule(() => {
        answer.next({ id: '1', isDisposed: true });
        answer.complete();
      }, 8);
    });
  });

  it('has an event at work until its promise resolves', () => {
    const done: string[] = [];
    runMarbles(({ connection }) => {
      const near = connection('(ab|)', { a: ask('1'), b: ask('2') });
      const handler = handling((id) => (id === '1' ? of() : Promise.resolve(done.push(id))));
      new ServedConnection(near, handler, ndjson(), limits).served$.subscribe();
    });
    expect(done).toEqual(['2']);
  });

  it('takes no more requests while its answers have no room', () => {
    runMarbles(({ connection, expectObservable }) => {
      const near = connection('a-b', { a: ask('1'), b: ask('2') }, { highWaterMark: 1, pressure: '----o' });
      const seen = new Subject<string>();
      expectObservable(seen).toBe('a---b', { a: '1', b: '2' });
      const handler = handling((id) => {
        seen.next(id);
        return of({ id, isDisposed: true });
      });
      new ServedConnection(near, handler, ndjson(), limits).served$.subscribe();
    });
  });

  it('ends with a client that goes away while its answers have no room', () => {
    runMarbles(({ connection, expectObservable }) => {
      const error = new Error('gone');
      const near = connection('a-#', { a: ask('1') }, { highWaterMark: 1, pressure: '9ms o', error });
      const served = new ServedConnection(
        near,
        handling((id) => of({ id, isDisposed: true })),
        ndjson(),
        limits,
      );
      expectObservable(
        served.served$.pipe(
          ignoreElements(),
          catchError(() => of('ended')),
        ),
      ).toBe('--(e|)', { e: 'ended' });
    });
  });
});
