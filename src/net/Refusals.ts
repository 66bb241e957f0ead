import type { Server as NetServer, Socket } from 'node:net';
import { type Observable, Subject } from 'rxjs';
import type { RefusedConnection } from './RefusedConnection';

/** The connections that a server has refused. */
export class Refusals {
  private readonly subject = new Subject<RefusedConnection>();
  /** Emits every refusal; completes when the server is closed. */
  readonly refused$: Observable<RefusedConnection> = this.subject.asObservable();
  /** How many connections were refused. */
  count = 0;

  /**
   * Closes a socket, and tells why.
   *
   * @param peer - Its client, which may be behind a proxy.
   */
  refuse(socket: Socket, reason: RefusedConnection['reason'], peer: Peer): void {
    this.tell(peer, reason);
    socket.destroy();
  }

  /**
   * Lets a listener of Node close the connections for which there is no place, and tells them.
   *
   * @param hasPlace - Is asked whenever a connection comes: a server may have several listeners, and one limit.
   */
  limit(net: NetServer, hasPlace: () => boolean): void {
    // Any number of connections is above -1; `undefined` is no limit.
    Object.defineProperty(net, 'maxConnections', { get: () => (hasPlace() ? undefined : -1) });
    net.on('drop', (peer) => this.tell(peer ?? {}, 'maxConnections'));
  }

  /** There will be no more refusals. */
  complete(): void {
    this.subject.complete();
  }

  private tell({ remoteAddress, remotePort }: Peer, reason: RefusedConnection['reason']): void {
    // First: a subscriber that asks finds it counted.
    this.count++;
    this.subject.next({ remoteAddress, remotePort, reason });
  }
}

type Peer = Pick<RefusedConnection, 'remoteAddress' | 'remotePort'>;
