// Proves that it behaves like `connect`, in virtual time: what it emits, when it ends, and that unsubscribing closes.
import { firstValueFrom, map, NEVER, type RetryConfig, retry, switchMap, take } from 'rxjs';
import { backoff, type Connection, lines, SocketTimeoutError, writeTo } from '../../../src';
import { connectTo, runMarbles, scriptedPeer } from '../../../src/testing';
import { failureOf } from '../../support/failureOf';
import { thrownBy } from '../../support/thrownBy';

const REFUSED = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

const read = switchMap(({ reader }: Connection) => reader.pipe(lines()));

describe('connectTo', () => {
  it.each<[string, string, string, unknown?]>([
    ['stays open while the peer does', 'a--', 'a--', undefined],
    ['completes when the peer has ended, and all is read', 'a-b-|', 'a-b-|', undefined],
    ['errors when it breaks', 'a-#', 'a-#', { code: 'ECONNRESET' }],
  ])('%s', (_, marbles, seen, error) => {
    runMarbles(({ connection, expectObservable }) => {
      const near = connection(marbles, { a: 'a\n', b: 'b\n' });
      const dial = connectTo(() => near);
      expectObservable(dial.pipe(read)).toBe(seen, undefined, error);
      if (marbles.endsWith('|')) expectObservable(near.written$).toBe('----|');
    });
  });

  it('fails to dial, and with { after: "wait" } dials for ever after the last visit', () => {
    runMarbles(({ expectObservable }) => {
      const dial = connectTo(REFUSED, { after: 'wait' });
      expectObservable(dial).toBe('#', undefined, REFUSED);
      expectObservable(dial, '-^').toBe('-');
      expectObservable(dial.visits$).toBe('x');
    });
  });

  it('shows its visits as marbles', () => {
    runMarbles(({ connection, expectObservable }) => {
      const dial = connectTo(REFUSED, () => connection('-#'), { after: 'repeat' });
      const client = dial.pipe(read, retry({ delay: 10 }));
      expectObservable(client, '^ 25ms !').toBe('');
      expectObservable(dial.visits$).toBe('x 9ms oc 9ms x');
    });
  });

  it('fails the test at a dial after the last visit, also if the client retries it', () => {
    const error = thrownBy(() =>
      runMarbles(({ expectObservable }) => {
        expectObservable(connectTo(REFUSED, REFUSED).pipe(read, retry({ delay: 1000 }))).toBe('');
      }),
    ) as Error;
    expect(error.message).toBe('Cannot dial again: there are 2 visits, and dial 3 comes at 2000 ms');
    expect(error.stack?.split('\n    at ')[1]).toContain('connectTo.spec.ts');
  });

  it('fails the test at a dial after the last visit, with promises', async () => {
    const run = runMarbles(async () => {
      await firstValueFrom(connectTo(REFUSED).pipe(retry({ delay: 1000 })));
    });
    expect(await failureOf(run)).toHaveProperty(
      'message',
      expect.stringMatching('there are 1 visits, and dial 2 comes at 1000 ms'),
    );
  });

  it('fails a client that dials without backoff', () => {
    const storm = (config: RetryConfig) => () =>
      runMarbles(({ expectObservable }) => {
        expectObservable(connectTo(REFUSED, { after: 'repeat' }).pipe(read, retry(config)), '^ 10s !').toBe('');
      });
    expect(storm({})).toThrow(
      'Cannot dial again: a client dialed 51 times within 0 ms: a reconnect storm, without backoff',
    );
    expect(storm({ delay: 10 })).toThrow('a client dialed 51 times within 500 ms');
    expect(storm({ delay: 25 })).not.toThrow();
    expect(storm({ delay: backoff({ initial: 10 }) })).not.toThrow();
  });

  it('lets many clients dial at once', () => {
    runMarbles(({ connection, flush }) => {
      const dial = connectTo(() => connection(), { after: 'repeat' });
      for (let client = 0; client < 500; client++) dial.subscribe();
      flush();
    });
  });

  it('throws for what is no visit and no option', () => {
    expect(() => connectTo('refused' as never)).toThrow(TypeError);
    expect(() => connectTo({ after: 'never' as never })).toThrow(TypeError);
    expect(() => connectTo({ after: 'wait' }, REFUSED)).toThrow(TypeError);
  });

  it('closes when it is unsubscribed, also inside next', () => {
    runMarbles(({ connection, expectObservable }) => {
      const [one, other] = [connection('a-b', { a: 'a\n', b: 'b\n' }), connection()];
      expectObservable(connectTo(() => one).pipe(read), '-^!').toBe('-a', { a: 'a' });
      expectObservable(
        connectTo(() => other).pipe(
          take(1),
          switchMap(() => NEVER),
        ),
        '^---!',
      ).toBe('-');
      expectObservable(one.closed$).toBe('--(c|)', { c: { by: 'local' } });
      expectObservable(other.closed$).toBe('(c|)', { c: { by: 'local' } });
    });
  });

  it('errors after a time limit of the connection, and completes when we close it', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const idle = connectTo(() => connection('', {}, { idleTimeout: 1000 }));
      expectObservable(idle.pipe(read)).toBe('1s #', undefined, new SocketTimeoutError('idle', 1000));
      const closed = connection('---|');
      scheduler.schedule(() => void closed.close(), 1);
      expectObservable(connectTo(() => closed).pipe(map(() => 'c'))).toBe('c--|');
      const destroyed = connection();
      scheduler.schedule(() => destroyed.destroy('enough'), 1);
      expectObservable(connectTo(() => destroyed).pipe(map(() => 'd'))).toBe('d#', undefined, 'enough');
    });
  });

  it('answers everything before it ends', () => {
    runMarbles(({ connection, expectObservable }) => {
      const near = connection('a-(b|)', { a: 'one\n', b: 'two\n' }, { pressure: 3 });
      const echo = connectTo(() => near).pipe(switchMap(({ reader, writer }) => reader.pipe(lines(), writeTo(writer))));
      expectObservable(echo).toBe('---a--(b|)', { a: 3, b: 6 });
      expectObservable(near.written$).toBe('---a--(b|)', { a: 'one', b: 'two' });
    });
  });

  it('dials again with retry: refused, broken, and successful', () => {
    runMarbles(({ connection, expectObservable }) => {
      const dial = connectTo(
        REFUSED,
        () => connection('-a#', { a: 'one\n' }),
        () => connection('b-|', { b: 'two\n' }),
      );
      const client = dial.pipe(read, retry({ delay: backoff({ initial: 100, jitter: 0 }) }));
      expectObservable(client).toBe('100ms -a 200ms b-|', { a: 'one', b: 'two' });
    });
  });

  it('dials a script too', async () => {
    const peer = scriptedPeer().sends('hello\n').fin().receivesFin();
    const seen: string[] = [];
    await connectTo(() => peer.connect())
      .pipe(read)
      .forEach((line) => void seen.push(line));
    await peer.done;
    expect(seen).toEqual(['hello']);
  });
});
