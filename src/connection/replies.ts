import { Observable } from 'rxjs';
import { assertBoolean, assertCount } from '../argumentChecks';
import type { GeneratorCodec } from '../codecs/Decoder';
import { mergeMapPausing } from '../operators/mergeMapPausing';
import type { Connection } from './Connection';
import type { FrameCodec, UntypedCodec } from './FrameCodec';
import { framed } from './framed';
import { type HandlerResult, ReplyRun } from './ReplyRun';

/** Options of {@link replies}. */
export interface RepliesOptions<Request, Reply> {
  /** How many requests may be at work at once; meanwhile the reader is held. Default 1. */
  readonly concurrency?: number | undefined;
  /**
   * Whether replies leave in the order of their requests. `false` sends each as soon as it is there, for protocols whose
   * replies have a key. Default `true`.
   */
  readonly inOrder?: boolean | undefined;
  /** Makes a reply of what a handler fails with. Without it the failure is an error of the Observable. */
  readonly onError?: ((error: unknown, request: Request) => Reply) | undefined;
}

/**
 * The server's half of a request/reply protocol: calls a handler for each request, and sends what it answers.
 *
 * The handler returns a reply, a promise of one, an Observable or an async iterable of several, or `undefined` for none. In
 * order, up to `concurrency` handlers are called at once, and each is waited for in turn: an Observable is subscribed to, and
 * an iterable begun, when all earlier requests are answered.
 *
 * - Emits each reply when it is written.
 * - Pauses its source, the reader of the connection, while `concurrency` requests are at work. One is at work until it is
 *   answered and the writer has room. An async iterable is not asked for more while the writer is under pressure; an
 *   Observable can't be told to wait, and more than `maxQueued` bytes of it in the writer are a `BufferOverflowError`.
 * - Completes when the peer has ended and every request is answered. What is queued is flushed by `close()`, and so by a server.
 * - Errors when the connection breaks; with what the handler fails with, unless `onError` makes a reply of it; with what
 *   `onError` throws; with what the codec refuses.
 *
 * An error ends nothing by itself: return the Observable from a server's handler, which then destroys the connection and reports
 * the failure. Unsubscribing leaves the Observables and iterables of the handlers, and releases the reader.
 *
 * @example
 * ```ts
 * import { ndjson, openConnection, replies, startServer } from 'rxjs-tcp';
 *
 * const half = ({ n }: { n: number }): { half: number } | { error: string } => {
 *   if (n % 2 === 1) throw new Error(`${n} is odd`);
 *   return { half: n / 2 };
 * };
 * const onError = (error: unknown) => ({ error: `${error}` });
 * const server = await startServer((connection) => replies(connection, ndjson(), half, { onError }), { port: 0 });
 *
 * const { reader, writer } = await openConnection({ port: server.port as number });
 * writer.write('{"n":8}\n{"n":7}\n');
 * console.log(`${await reader.readLine()}`.trim()); // → {"half":4}
 * console.log(`${await reader.readLine()}`.trim()); // → {"error":"Error: 7 is odd"}
 * writer.close();
 * await server.close();
 * ```
 * @param connection - It is read by this until the peer has ended.
 * @param codec - Decodes requests and encodes replies; its `decode` may be a generator function.
 * @param handler - Answers a request.
 * @param options - `concurrency`, `inOrder`, `onError`.
 * @throws `TypeError` or `RangeError` for invalid arguments.
 */
export function replies<Request, Reply>(
  connection: Connection,
  codec: GeneratorCodec<Request, Reply>,
  handler: (request: Request) => HandlerResult<Reply>,
  options?: RepliesOptions<Request, Reply>,
): Observable<Reply>;
export function replies<Request, Reply>(
  connection: Connection,
  codec: FrameCodec<Request, Reply>,
  handler: (request: Request) => HandlerResult<Reply>,
  options?: RepliesOptions<Request, Reply>,
): Observable<Reply>;
/** With a codec of any values (`ndjson()`): nobody checks that those that come have the type that is named here. */
export function replies<Request, Reply>(
  connection: Connection,
  codec: UntypedCodec,
  handler: (request: Request) => HandlerResult<Reply>,
  options?: RepliesOptions<Request, Reply>,
): Observable<Reply>;
export function replies<Request, Reply>(
  connection: Connection,
  codec: FrameCodec<Request, Reply>,
  handler: (request: Request) => HandlerResult<Reply>,
  options: RepliesOptions<Request, Reply> = {},
): Observable<Reply> {
  const { concurrency = 1, inOrder = true, onError } = options;
  if (concurrency !== Number.POSITIVE_INFINITY) assertCount('concurrency', concurrency);
  assertBoolean('inOrder', inOrder);
  for (const [name, callback] of Object.entries({ handler, onError: onError ?? handler })) {
    if (typeof callback !== 'function') {
      throw new TypeError(`Cannot use a value of type ${typeof callback} as ${name}: it must be a function`);
    }
  }
  const frames = framed(connection, codec);
  return new Observable((subscriber) => {
    const { writer } = connection;
    const run = new ReplyRun<Request, Reply>({ writer, codec, handler, inOrder, onError });
    // Before its requests are left, one after the other.
    subscriber.add(() => run.stop());
    // Our side stays open for the replies that are at work when the peer has ended.
    writer.attach();
    subscriber.add(() => writer.detach());
    subscriber.add(frames.pipe(mergeMapPausing((request) => run.answer(request), concurrency)).subscribe(subscriber));
  });
}
