import { firstValueFrom } from 'rxjs';
import {
  type Connection,
  type ConnectionOptions,
  type ConnectOptions,
  type ListenOptions,
  openConnection,
  startServer,
} from '../../src';
import { portOf } from './portOf';

/** Two ends that have not begun TLS, and a function that closes both. */
export interface PlainPair {
  readonly client: Connection;
  readonly server: Connection;
  release(): Promise<void>;
}

/** Options of the two ends, or of one. */
export interface PlainPairOptions extends ConnectionOptions {
  readonly client?: Partial<ConnectOptions>;
  readonly server?: Partial<ListenOptions>;
}

/** Dials `host` without a name server: every name is 127.0.0.1. */
export async function plainPair(host = '127.0.0.1', options: PlainPairOptions = {}): Promise<PlainPair> {
  const { client: ofClient, server: ofServer, ...both } = options;
  const accepted: Connection[] = [];
  const server = await startServer((connection) => void accepted.push(connection), {
    host: '127.0.0.1',
    port: 0,
    ...both,
    ...ofServer,
  });
  const accepting = firstValueFrom(server.connections);
  const client = await openConnection({
    host,
    port: portOf(server),
    lookup: (_name, lookup, found) =>
      lookup.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
    ...both,
    ...ofClient,
  });
  return {
    client,
    server: await accepting,
    release: async () => {
      client.destroy();
      server.abortClients();
      await client.closed;
      await server.close({ timeout: 1 });
    },
  };
}
