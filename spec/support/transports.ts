import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { firstValueFrom } from 'rxjs';
import {
  Connection,
  type ConnectionOptions,
  type ConnectOptions,
  type ListenOptions,
  listen,
  openConnection,
  type Server,
} from '../../src';
import { MemoryTransport } from '../../src/transports/MemoryTransport';
import { CLIENT_TLS, SERVER_TLS } from './certificates';
import { socketPaths } from './socketPaths';
import { turns } from './until';

/** The role of `near`: the end that dialed, or the accepted one. */
export type Role = 'client' | 'server';

/** The two ends of a connection: `near` is the one under test, `far` its peer. */
export interface Ends {
  near: Connection;
  far: Connection;
  /** Destroys the ends that are still open, and waits until they are closed. */
  release(): Promise<void>;
}

/** Options of both ends, or of one. */
export interface EndsOptions extends ConnectionOptions {
  far?: ConnectionOptions;
}

/** One way of joining two ends. */
export interface TransportKind {
  name: string;
  open(role: Role, options?: EndsOptions): Promise<Ends>;
}

const HOST = '127.0.0.1';

/** All of them. */
export const transports: readonly TransportKind[] = [
  {
    name: 'TCP',
    open: (role, options) =>
      openSockets(role, options, { host: HOST, port: 0 }, (address) => ({
        host: HOST,
        port: (address as AddressInfo).port,
      })),
  },
  {
    name: 'TLS',
    open: (role, options) =>
      openSockets(role, options, { host: HOST, port: 0, tls: SERVER_TLS }, (address) => ({
        host: HOST,
        port: (address as AddressInfo).port,
        tls: CLIENT_TLS,
      })),
  },
  {
    name: 'Unix',
    open: async (role, options) => {
      const paths = socketPaths();
      const path = paths.path('ends.sock');
      return openSockets(role, options, { path }, () => ({ path }), paths.remove);
    },
  },
  {
    name: 'memory',
    open: async (role, { far: farOptions, ...nearOptions } = {}) => {
      const [one, other] = sides(role, ...MemoryTransport.pair(64 * 1024));
      return ends(new Connection(one, nearOptions), new Connection(other, farOptions ?? nearOptions), async () => {});
    },
  },
];

/** Each transport with each role of the near end, as rows of `describe.each`. */
export const ways = waysOf(transports);

/** Kinds with each role of the near end. */
export function waysOf(kinds: readonly TransportKind[]): { way: string; kind: TransportKind; role: Role }[] {
  return kinds.flatMap((kind) =>
    (['client', 'server'] as const).map((role) => ({ way: `${kind.name}, as ${role}`, kind, role })),
  );
}

/** A kind that makes both ends with the same options, at once. */
export function pairKind(name: string, pair: (options: ConnectionOptions) => [Connection, Connection]): TransportKind {
  return {
    name,
    open: async (role, options = {}) => ends(...sides(role, ...pair(options)), async () => {}),
  };
}

async function openSockets(
  role: Role,
  { far: farOptions, ...nearOptions }: EndsOptions = {},
  listenOptions: ListenOptions,
  connectOptions: (address: AddressInfo | string) => ConnectOptions,
  after = () => {},
): Promise<Ends> {
  const [ofClient, ofServer] = sides(role, nearOptions, farOptions ?? nearOptions);
  const server = await new Promise<Server>((resolve, reject) => {
    listen({ ...listenOptions, ...ofServer }).subscribe({ next: resolve, error: reject });
  });
  const accepting = firstValueFrom(server.connections);
  const client = await openConnection({ ...connectOptions(server.address()), ...ofClient });
  const [near, far] = sides(role, client, await accepting);
  // A reset that meets the session tickets of a TLS server in flight would not be seen as a reset.
  // On a busy machine a short idleTimeout may end it before they come.
  if (listenOptions.tls) {
    await Promise.race([once(client.writer.getExtraInfo('socket') as TLSSocket, 'session'), client.closed]);
    await turns(5);
  }
  return ends(near, far, async () => {
    await server.close({ timeout: 1 });
    after();
  });
}

/** The two ends, near end first, or in the other order. */
function sides<T>(role: Role, one: T, other: T): [T, T] {
  return role === 'client' ? [one, other] : [other, one];
}

function ends(near: Connection, far: Connection, after: () => Promise<void>): Ends {
  return {
    near,
    far,
    release: async () => {
      near.destroy();
      far.destroy();
      await Promise.all([near.closed, far.closed]);
      await after();
    },
  };
}
