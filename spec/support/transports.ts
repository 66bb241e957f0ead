import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { type Connection, type ConnectionOptions, connectionPair, listen, openConnection } from '../../src';
import type { ConnectOptions } from '../../src/ConnectOptions';
import type { ListenOptions } from '../../src/ListenOptions';
import { CLIENT_TLS, SERVER_TLS } from './certificates';
import { socketPaths } from './socketPaths';

/** Who `near` is: the end that dialed, or the one that was accepted. */
export type Role = 'client' | 'server';

/** The two ends of a connection: `near` is the one that a spec looks at, `far` its peer. */
export interface Ends {
  near: Connection;
  far: Connection;
  /** Destroys what is still open, and waits until it is. */
  release(): Promise<void>;
}

/** Options of both ends, or of one. */
export interface EndsOptions extends ConnectionOptions {
  far?: ConnectionOptions;
}

/** One way of joining two ends. */
export interface TransportKind {
  name: 'TCP' | 'TLS' | 'Unix' | 'memory';
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
    open: async (_role, options) => {
      const [near, far] = connectionPair(options);
      return ends(near, far, async () => {});
    },
  },
];

/** Each transport with each role of the near end, as rows of `describe.each`. */
export const ways: readonly { way: string; kind: TransportKind; role: Role }[] = transports.flatMap((kind) =>
  (['client', 'server'] as const).map((role) => ({ way: `${kind.name}, as ${role}`, kind, role })),
);

async function openSockets(
  role: Role,
  { far: farOptions, ...nearOptions }: EndsOptions = {},
  listenOptions: ListenOptions,
  connectOptions: (address: AddressInfo | string) => ConnectOptions,
  after = () => {},
): Promise<Ends> {
  const asNear = nearOptions;
  const asFar = farOptions ?? nearOptions;
  const [ofClient, ofServer] = role === 'client' ? [asNear, asFar] : [asFar, asNear];
  const listening = listen({ ...listenOptions, ...ofServer });
  const stop: (() => Promise<void>)[] = [];
  const server = await new Promise<import('../../src').Server>((resolve, reject) => {
    listening.subscribe({ next: resolve, error: reject });
  });
  stop.push(() => server.close({ timeout: 1 }));
  const accepting = firstValueFrom(server.connections);
  const client = await openConnection({ ...connectOptions(server.address()), ...ofClient });
  const accepted = await accepting;
  const [near, far] = role === 'client' ? [client, accepted] : [accepted, client];
  return ends(near, far, async () => {
    for (const task of stop) await task();
    after();
  });
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
