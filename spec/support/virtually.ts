import { map, type Observable } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { Connection, type ConnectionOptions } from '../../src';
import { MarbleTransport, type MarbleTransportOptions } from './MarbleTransport';
import { text } from './record';

/** What a spec in virtual time has at hand, besides RxJS's own helpers. */
export interface VirtualHelpers extends RunHelpers {
  /** A connection in virtual time; without `incoming` nothing ever arrives. */
  connection(
    options?: Partial<MarbleTransportOptions> & ConnectionOptions,
  ): Connection & { readonly kernel: MarbleTransport };
  /** Chunks of bytes by a marble; a letter without a value stands for itself. */
  bytes(marbles: string, values?: Record<string, string>, error?: unknown): Observable<Uint8Array>;
}

const LETTERS = Object.fromEntries([...'abcdefghijklmnopqrstuvwxyz'].map((letter) => [letter, letter]));

/** Runs a spec in virtual time, in which a frame is a millisecond. */
export function virtually(spec: (helpers: VirtualHelpers) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => {
    // Hot, since a peer does not wait for us.
    const bytes = (marbles: string, values: Record<string, string> = {}, error?: unknown) =>
      helpers.hot(marbles, { ...LETTERS, ...values }, error).pipe(map((chunk) => Buffer.from(chunk)));
    const connection: VirtualHelpers['connection'] = ({ incoming = bytes(''), writeTime, ...options } = {}) => {
      const kernel = new MarbleTransport(scheduler, { incoming, writeTime });
      return Object.assign(new Connection(kernel, options), { kernel });
    };
    spec({ ...helpers, connection, bytes });
  });
}

/** Frames as text, since a scheduler keeps what it has seen by reference. */
export const asText = map(text);
