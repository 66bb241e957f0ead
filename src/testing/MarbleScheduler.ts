import { catchError, map, Observable, throwError } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { anyError } from './anyError';
import { assertMarbles } from './assertMarbles';
import { copyBytes } from './copyBytes';
import type { MarbleChunks } from './marbleChunks';
import { type MarbleConnection, type MarbleConnectionOptions, marbleConnection } from './marbleConnection';
import type { PeerScript } from './PeerScript';
import { type ScriptedPeerOptions, scriptedPeer } from './scriptedPeer';

/** What `run` has at hand, besides RxJS's own helpers. */
export interface MarbleHelpers extends RunHelpers {
  readonly scheduler: MarbleScheduler;
  /** A connection in this time: see `marbleConnection`. */
  connection(
    marbles?: string | Observable<Uint8Array>,
    chunks?: MarbleChunks,
    options?: MarbleConnectionOptions,
  ): MarbleConnection;
  /** A script that is played in this time, and verified when `run` is over: see `scriptedPeer`. */
  peer(options?: ScriptedPeerOptions): PeerScript;
}

/**
 * RxJS's `TestScheduler`, for bytes.
 *
 * - What `expectObservable` has seen is copied at once, so that a buffer that is used again can't change it.
 * - It compares with `assertMarbles`, which prints both time lines with legible bytes.
 * - In `toBe` a letter without a value is its own text, also where others have one, and a `#` without an error is any.
 * - `run` has `connection` and `peer`, and refuses a test that returns a promise: its time would be over before it goes on.
 *
 * @example
 * ```ts
 * const scheduler = new MarbleScheduler();
 * scheduler.run(({ connection, expectObservable }) => {
 *   expectObservable(connection('a-b|').reader).toBe('a-b|');
 * });
 * ```
 * @param assertDeepEqual - Another comparison than `assertMarbles`.
 */
export class MarbleScheduler extends TestScheduler {
  constructor(assertDeepEqual: (actual: unknown, expected: unknown) => boolean | void = assertMarbles) {
    super(assertDeepEqual);
  }

  override expectObservable<T>(
    observable: Observable<T>,
    subscriptionMarbles: string | null = null,
  ): { toBe(marbles: string, values?: unknown, error?: unknown): void; toEqual(other: Observable<T>): void } {
    const { toBe, toEqual } = super.expectObservable(copied(observable), subscriptionMarbles);
    return {
      toBe: (marbles: string, values?: unknown, error: unknown = anyError) => {
        const letters = Object.fromEntries([...marbles].map((letter) => [letter, letter]));
        toBe(marbles, copyBytes(typeof values === 'object' ? { ...letters, ...values } : letters), error);
      },
      toEqual: (other: Observable<T>) => toEqual(copied(other)),
    };
  }

  override run<T>(callback: (helpers: MarbleHelpers) => T): T {
    const peers: PeerScript[] = [];
    const connection: MarbleHelpers['connection'] = (...args) => marbleConnection(this, ...args);
    const peer: MarbleHelpers['peer'] = (options) => {
      const script = scriptedPeer({ scheduler: this, ...options });
      peers.push(script);
      return script;
    };
    const result = super.run((helpers) => {
      const returned = callback({ ...helpers, scheduler: this, connection, peer });
      if (typeof (returned as { then?: unknown } | undefined)?.then === 'function') {
        throw new TypeError('Cannot run a test that returns a promise: its virtual time is over before it goes on');
      }
      return returned;
    });
    for (const script of peers) script.verify();
    return result;
  }
}

/** The same, with what it emits as it was then. */
function copied<T>(observable: Observable<T>): Observable<T> {
  return observable.pipe(
    map((value) => (value instanceof Observable ? (copied(value) as T) : copyBytes(value))),
    catchError((error) => throwError(() => copyBytes(error))),
  );
}
