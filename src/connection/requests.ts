import { isObservable, type Observable } from 'rxjs';
import type { GeneratorCodec } from '../codecs/Decoder';
import { Connection } from './Connection';
import type { FrameCodec, UntypedCodec } from './FrameCodec';
import { Requester } from './Requester';
import { RequestPolicy, type RequestsOptions } from './RequestPolicy';

/**
 * The client's half of a request/reply protocol: sends requests, and resolves each with its own reply.
 *
 * Many requests may be under way. Replies come in the order of the requests, or have a key. Each request has a time limit of
 * 30 seconds from the call on, unless told otherwise. A reply that comes after its request gave up is dropped, counted
 * (`late`), and never taken for another's. In order, a reply that does not come within its timeout and as long again ends the
 * connection, since a lost reply can't be told from a late one.
 *
 * Requests are sent while fewer than `maxInFlight` wait for a reply and the writer has room; the others wait, at most
 * `maxQueued`. The reader is this client's as long as the connection lives: frames that nobody asked for come as `unsolicited$`.
 *
 * Over an `Observable<Connection>`, such as `connect(…).pipe(reconnect())`, it subscribes at once and lives through reconnects:
 * requests wait while there is no connection, each with its own timeout. What was sent over a connection that has ended is
 * rejected, except for a request with `idempotent`, which is sent again once.
 *
 * @example
 * ```ts
 * import { connectionPair, ndjson, replies, requests } from 'rxjs-tcp';
 *
 * interface Question { id: number; n: number }
 * interface Answer { id: number; square: number }
 *
 * const [client, server] = connectionPair();
 * replies<Question, Answer>(server, ndjson(), ({ id, n }) => ({ id, square: n * n })).subscribe();
 *
 * const squares = requests<Question, Answer>(client, ndjson(), { key: { request: (q) => q.id, reply: (a) => a.id } });
 * const [three, four] = await Promise.all([squares.request({ id: 1, n: 3 }), squares.request({ id: 2, n: 4 })]);
 * console.log(three.square, four.square); // → 9 16
 * await squares.close();
 * ```
 * @param over - A connection, or one connection after the other.
 * @param codec - Decodes replies and encodes requests; its `decode` may be a generator function.
 * @param options - `key`, `isUnsolicited`, `timeout` in milliseconds, `maxInFlight`, `maxQueued`, `heartbeat`, `handshake`.
 * @throws `TypeError` or `RangeError` for invalid arguments.
 */
export function requests<Request, Reply>(
  over: Connection | Observable<Connection>,
  codec: GeneratorCodec<Reply, Request>,
  options?: RequestsOptions<Request, Reply>,
): Requester<Request, Reply>;
export function requests<Request, Reply>(
  over: Connection | Observable<Connection>,
  codec: FrameCodec<Reply, Request>,
  options?: RequestsOptions<Request, Reply>,
): Requester<Request, Reply>;
/** With a codec of any values (`ndjson()`): nobody checks that those that come have the type that is named here. */
export function requests<Request, Reply>(
  over: Connection | Observable<Connection>,
  codec: UntypedCodec,
  options?: RequestsOptions<Request, Reply>,
): Requester<Request, Reply>;
export function requests<Request, Reply>(
  over: Connection | Observable<Connection>,
  codec: FrameCodec<Reply, Request>,
  options: RequestsOptions<Request, Reply> = {},
): Requester<Request, Reply> {
  if (!(over instanceof Connection) && !isObservable(over)) {
    throw new TypeError('Cannot make requests: the first argument must be a Connection or an Observable of them');
  }
  return new Requester(over, new RequestPolicy(codec, options));
}

export type { Requester as Requests };
