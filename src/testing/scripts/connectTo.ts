import { isNativeError } from 'node:util/types';
import { asyncScheduler, type Observable, ReplaySubject } from 'rxjs';
import type { Connection } from '../../connection/Connection';
import { Place } from '../Place';
import { DialRate } from './DialRate';
import { dialBy } from './dialBy';

/** What a test sees of its visits: `x` is a dial that fails, `o` a connection, `c` its end. */
export type VisitMarble = 'x' | 'o' | 'c';

/** One subscription: an error is a dial that fails with it; a function makes the connection. */
export type Visit = Error | (() => Connection);

/** Options of {@link connectTo}. */
export interface ConnectToOptions {
  /**
   * What is with a dial after the last visit: it fails the test; it waits for ever; or the visits begin anew. Default `'fail'`.
   */
  readonly after?: 'fail' | 'wait' | 'repeat' | undefined;
}

/** The Observable to give to the code that dials. */
export interface TestDial extends Observable<Connection> {
  /** The visits as marbles, again from the first: dials that fail, connections, and their ends, by whomever. */
  readonly visits$: Observable<VisitMarble>;
}

const AFTER: ReadonlySet<unknown> = new Set(['fail', 'wait', 'repeat']);

/**
 * Replaces `connect` in a test of code that dials again: the test makes the connections.
 *
 * Each subscription is the next visit: a function makes its connection then, with which a diagram begins; an error is a
 * dial that fails with it. A dial after the last visit fails the test, and not only the dial, which would be dialed again; and so does a
 * client that dials more than 50 times within a second.
 *
 * - Emits once, when you subscribe.
 * - Completes when the connection is closed: by you, or after the peer has ended and everything is read and written.
 * - Errors when the connection breaks.
 * - Before it completes or errors, it delivers the bytes that arrived to the active read.
 *
 * Unsubscribing closes the connection. It uses no promise, so virtual time drives it.
 *
 * @example
 * ```ts
 * import { switchMap } from 'rxjs';
 * import { lines, reconnect } from 'rxjs-tcp';
 * import { connectTo, runMarbles } from 'rxjs-tcp/testing';
 *
 * runMarbles(({ connection, expectObservable }) => {
 *   const dial = connectTo(new Error('refused'), () => connection('a-#', { a: 'one\n' }), () => connection());
 *   const client = dial.pipe(
 *     switchMap(({ reader }) => reader.pipe(lines())),
 *     reconnect({ initial: 1000, jitter: 0 }),
 *   );
 *   expectObservable(client, '^ 5s !').toBe('1s a', { a: 'one' });
 *   expectObservable(dial.visits$).toBe('x 999ms o-c 999ms o 2997ms c');
 * });
 * console.log('passed'); // → passed
 * ```
 * @param visits - One for each subscription, in order: an error, or a function that makes the connection; then the options.
 * @returns The Observable to give to the code that dials, in place of `connect(options)`, with its `visits$`.
 * @throws `TypeError` for anything else. In the time of the test, `Error` for a dial after the last visit, and for a storm of them.
 */
export function connectTo(...visits: readonly (Visit | ConnectToOptions)[]): TestDial {
  const last = visits.at(-1);
  const given = last !== undefined && !isVisit(last);
  const { after = 'fail' } = given ? last : {};
  const list = (given ? visits.slice(0, -1) : visits) as Visit[];
  if ((given && typeof last !== 'object') || !AFTER.has(after) || !list.every(isVisit)) {
    throw new TypeError(
      "Cannot dial: visits must be errors or functions, and after them the option after 'fail', 'wait' or 'repeat'",
    );
  }
  const place = new Place(connectTo);
  const seen$ = new ReplaySubject<VisitMarble>();
  const rate = new DialRate();
  let dials = 0;
  const failTest = (message: string) => {
    const error = new Error(message);
    place.mark(error);
    // An error of the dial would only be dialed again.
    asyncScheduler.schedule(() => {
      throw error;
    });
  };
  const dial = dialBy((answer) => {
    const now = asyncScheduler.now();
    const storm = rate.dials(now);
    if (storm !== undefined) {
      failTest(`Cannot dial again: ${storm}`);
      return undefined;
    }
    const visit = list[after === 'repeat' ? dials % Math.max(1, list.length) : dials];
    dials++;
    if (visit === undefined) {
      if (after !== 'wait') {
        failTest(`Cannot dial again: there are ${list.length} visits, and dial ${dials} comes at ${now} ms`);
      }
      return undefined;
    }
    const ends = (marble: VisitMarble) => {
      rate.ends();
      seen$.next(marble);
    };
    if (typeof visit !== 'function') {
      ends('x');
      answer.failed(visit);
      return undefined;
    }
    const connection = visit();
    seen$.next('o');
    connection.whenClosed(() => ends('c'));
    answer.connected(connection);
    return undefined;
  });
  return Object.assign(dial, { visits$: seen$.asObservable() });
}

function isVisit(value: unknown): value is Visit {
  return typeof value === 'function' || isNativeError(value) || value instanceof Error;
}
