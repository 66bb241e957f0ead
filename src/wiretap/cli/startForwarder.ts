/**
 * Forwards connections, so that neither side notices. Both directions are pipes: pressure, FIN and resets pass through.
 *
 *     client ── reader ──► writeTo(target.writer, { end }) ──► target      FIN follows the bytes
 *        ▲                                                       │
 *        └──── writeTo(client.writer, { end }) ◄── reader ───────┘         each way by itself
 *
 *     a reset, an error of either side ──► both are reset, behind the bytes that arrived
 *     the target can't be reached      ──► the client is reset, the others go on
 */
import { catchError, EMPTY, merge, mergeMap, Observable, takeUntil, tap } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  connect,
  type ListenOptions,
  type Server,
  startServer,
  writeTo,
} from '../..';

/** What happens in the forwarder. */
export interface ForwarderEvents {
  /** A client has come. The target is dialed next. */
  accepted?(client: Connection): void;
  /** Client and target are joined. No byte has passed yet. */
  joined?(client: Connection, target: Connection): void;
  /** The target can't be reached. The client is reset. */
  unreachable(client: Connection, error: unknown): void;
}

/**
 * @param listen - Where clients connect.
 * @param to - The target.
 * @returns The server. Its `errors` are those of accepting: TLS handshakes of clients.
 */
export function startForwarder(listen: ListenOptions, to: ConnectOptions, events: ForwarderEvents): Promise<Server> {
  const forward = (client: Connection): Observable<unknown> => {
    let target: Connection | undefined;
    events.accepted?.(client);
    // A client that is gone before the target has answered needs no target.
    const gone = new Observable<void>((subscriber) => {
      void client.closed.then(() => {
        if (target === undefined) subscriber.next();
      });
    });
    return connect({ connectTimeout: DIAL_TIMEOUT, ...to, halfOpen: true }).pipe(
      takeUntil(gone),
      tap((opened) => {
        target = opened;
        events.joined?.(client, opened);
      }),
      mergeMap(({ reader, writer }) =>
        merge(client.reader.pipe(writeTo(writer, { end: true })), reader.pipe(writeTo(client.writer, { end: true }))),
      ),
      catchError((error: unknown) => {
        if (target === undefined) events.unreachable(client, error);
        target?.reset();
        client.reset();
        return EMPTY;
      }),
    );
  };
  return startServer(forward, listen);
}

/** Milliseconds. Without it a target that drops packets is waited for as long as the system does: minutes. */
const DIAL_TIMEOUT = 10_000;
