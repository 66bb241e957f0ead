// Proves that `connectTo` and marbles find the bugs of clients that dial again. Each message names the time.
import { defer, Observable, repeat, retry, switchMap, take, timer } from 'rxjs';
import { type Connection, lines, reconnect } from 'rxjs-tcp';
import { connectTo, type MarbleHelpers, runMarbles } from 'rxjs-tcp/testing';
import { describePlanted, type Planted } from './Planted';

type Dial = Observable<Connection>;
type Client = (dial: Dial) => Observable<unknown>;

const received = ({ reader }: Connection) => reader.pipe(lines());

/** Right: dials again after a second, and doubles that. */
const right: Client = (dial) => dial.pipe(switchMap(received), reconnect({ initial: 1000, jitter: 0 }));

const planted = (
  bug: string,
  looks: string,
  test: (helpers: MarbleHelpers, client: Client) => void,
  wrong: Client,
): Planted => ({
  bug,
  looks,
  names: /at \d+ ms/,
  wrong: () => runMarbles((helpers) => test(helpers, wrong)),
  right: () => runMarbles((helpers) => test(helpers, right)),
});

const refused = new Error('connect ECONNREFUSED');

/** Refused twice, then a line, then a reset, then another line. */
const bumpy = ({ connection, expectObservable }: MarbleHelpers, client: Client) => {
  const dial = connectTo(
    refused,
    refused,
    () => connection('a-#', { a: 'one\n' }),
    () => connection('b-|', { b: 'two\n' }),
  );
  expectObservable(client(dial), '^ 4500ms !').toBe('3s a 1001ms b', { a: 'one', b: 'two' });
};

/** The peer ends in good order, and is there again. */
const polite = ({ connection, expectObservable }: MarbleHelpers, client: Client) => {
  const dial = connectTo(
    () => connection('a|', { a: 'one\n' }),
    () => connection('b-|', { b: 'two\n' }),
  );
  expectObservable(client(dial), '^ 1500ms !').toBe('a 1000ms b', { a: 'one', b: 'two' });
};

/** The program leaves while it waits, and while it is connected. */
const left = ({ connection, expectObservable, flush }: MarbleHelpers, client: Client) => {
  const dials: number[] = [];
  let open: ReturnType<typeof connection> | undefined;
  const dial = connectTo(refused, () => {
    open = connection('a', { a: 'one\n' });
    return open;
  });
  const counted = defer(() => {
    dials.push(1);
    return dial;
  });
  const left$ = client(counted).pipe(take(1));
  expectObservable(left$).toBe('1s (a|)', { a: 'one' });
  flush();
  expectObservable((open as ReturnType<typeof connection>).closed$).toBe('1s (c|)', { c: { by: 'local' } });
};

describePlanted('clients that dial again', [
  planted('it dials again at once', 'a storm of connections when the server restarts', bumpy, (dial) =>
    dial.pipe(switchMap(received), retry()),
  ),
  planted('it always waits as long', 'all clients come back in the same second', bumpy, (dial) =>
    dial.pipe(switchMap(received), retry({ delay: 1000 })),
  ),
  planted('it gives up after the first failure', 'it needs a restart after each deploy', bumpy, (dial) =>
    dial.pipe(switchMap(received), retry({ count: 1, delay: 1000 })),
  ),
  planted('a good connection does not start the count again', 'after a day it waits for minutes', bumpy, (dial) =>
    dial.pipe(switchMap(received), retry({ delay: (_, count) => timer(1000 * 2 ** (count - 1)) })),
  ),
  planted('it does not dial again after a good end', 'it is silent after a maintenance', polite, (dial) =>
    dial.pipe(switchMap(received), retry({ delay: 1000 })),
  ),
  planted('it dials again at once after a good end', 'a storm when the peer closes idle connections', polite, (dial) =>
    dial.pipe(switchMap(received), repeat()),
  ),
  planted(
    'the time limit counts the whole connection',
    'it reconnects every five seconds',
    (helpers, client) => {
      const dial = connectTo(() => helpers.connection('a 2s b', { a: 'one\n', b: 'two\n' }));
      helpers.expectObservable(client(dial), '^ 3s !').toBe('a 2s b', { a: 'one', b: 'two' });
    },
    (dial) =>
      new Observable((subscriber) => {
        const limit = timer(1500).subscribe(() => subscriber.error(new Error('too slow')));
        const reading = right(dial).subscribe(subscriber);
        return () => {
          limit.unsubscribe();
          reading.unsubscribe();
        };
      }),
  ),
  planted(
    'it keeps the old connection when it leaves',
    'connections become more with each page',
    left,
    (dial) =>
      new Observable((subscriber) => {
        right(dial).subscribe({ next: (line) => subscriber.next(line), error: (error) => subscriber.error(error) });
      }),
  ),
]);
