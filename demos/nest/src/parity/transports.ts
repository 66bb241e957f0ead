import type { AddressInfo, Server as NetServer } from 'node:net';
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import { ClientTCP, type MicroserviceOptions, ServerTCP } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { filter, firstValueFrom, type Observable } from 'rxjs';
import type { Server as TcpServer } from 'rxjs-tcp';
import { RxTcpClient, type RxTcpClientOptions, RxTcpServer, type RxTcpServerOptions } from '../transport/index.js';

/** What both transports are given. */
export type CommonOptions = Pick<RxTcpServerOptions & RxTcpClientOptions, 'serializer' | 'deserializer'>;

export type AnyServer = ServerTCP | RxTcpServer;
export type AnyClient = ClientTCP | RxTcpClient;

/** A transport, Nest's own or ours. */
export interface Transport {
  readonly name: string;
  /** Whether it is ours: for what differs. */
  readonly ours: boolean;
  server(options?: Partial<CommonOptions>): AnyServer;
  client(port: number, options?: Partial<CommonOptions>): AnyClient;
  portOf(server: AnyServer): number;
}

const host = '127.0.0.1';

function oursWith(framing: 'ndjson' | 'length-prefixed'): Transport {
  return {
    name: `rxjs-tcp, ${framing}`,
    ours: true,
    server: (options) => new RxTcpServer({ host, port: 0, framing, ...(options as object) }),
    client: (port, options) => new RxTcpClient({ host, port, framing, ...(options as object) }),
    portOf: (server) => server.unwrap<TcpServer>().port as number,
  };
}

export const transports: readonly Transport[] = [
  {
    name: "Nest's TCP",
    ours: false,
    server: (options) => new ServerTCP({ host, port: 0, ...(options as object) }),
    client: (port, options) => new ClientTCP({ host, port, ...(options as object) }),
    portOf: (server) => (server.unwrap<NetServer>().address() as AddressInfo).port,
  },
  oursWith('ndjson'),
  oursWith('length-prefixed'),
];

/** A service that listens, with a client of it. */
export interface Service {
  readonly app: INestMicroservice;
  readonly server: AnyServer;
  readonly port: number;
  readonly client: AnyClient;
  close(): Promise<void>;
}

export async function serve(
  transport: Transport,
  metadata: ModuleMetadata,
  options: { readonly server?: Partial<CommonOptions>; readonly client?: Partial<CommonOptions> } = {},
): Promise<Service> {
  const module = await Test.createTestingModule(metadata).compile();
  const server = transport.server(options.server);
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: server, logger: false });
  await app.listen();
  const port = transport.portOf(server);
  const client = transport.client(port, options.client);
  return {
    app,
    server,
    port,
    client,
    async close() {
      await client.close();
      await app.close();
    },
  };
}

/** Resolves when a server or a client has this status. */
export async function whenStatus({ status }: { status: Observable<unknown> }, wanted: string): Promise<void> {
  await firstValueFrom(status.pipe(filter((now) => now === wanted)));
}
