import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import {
  type ClientProxy,
  ClientsModule,
  Transport as Kind,
  MessagePattern,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { firstValueFrom, lastValueFrom, of, toArray } from 'rxjs';
import { catchError } from 'rxjs/operators';
import { RxTcpClient } from '../transport/index.js';
import { Seen, Service } from './Service.js';
import { serve, type Transport, transports, whenStatus } from './transports.js';

// How a service and a client begin and end: the same for both transports.

const service = (seen = new Seen()) => ({ controllers: [Service], providers: [{ provide: Seen, useValue: seen }] });
const failure = (request: Promise<unknown>) =>
  request.then(
    () => 'no failure',
    (error: unknown) => (error as Error).message,
  );

/** What both have in common. */
interface Listened {
  on(event: string, listener: () => void): void;
}

async function freePort(transport: Transport): Promise<number> {
  const { port, close } = await serve(transport, {});
  await close();
  return port;
}

describe.each(transports)('$name', (transport) => {
  it('tells the status of a server', async () => {
    const statuses: unknown[] = [];
    const { server, close } = await serve(transport, {});
    server.status.subscribe((status) => statuses.push(status));
    expect(statuses).toEqual(['connected']);
    const ended = whenStatus(server, 'disconnected');
    await close();
    await ended;
    expect(statuses).toEqual(['connected', 'disconnected']);
  });

  it('tells the status of a client', async () => {
    const statuses: unknown[] = [];
    const { client, close } = await serve(transport, {});
    client.status.subscribe((status) => statuses.push(status));
    await client.connect();
    await client.connect();
    expect(statuses).toEqual(['connected']);
    const ended = whenStatus(client, 'disconnected');
    await close();
    await ended;
    expect(statuses).toEqual(['connected', 'disconnected']);
  });

  it('fails a request when nobody listens, and the next one when somebody does', async () => {
    const port = await freePort(transport);
    const client = transport.client(port);
    const statuses: unknown[] = [];
    client.status.subscribe((status) => statuses.push(status));
    expect(await failure(firstValueFrom(client.send('sum', [1])))).toMatch('ECONNREFUSED');
    expect(await failure(firstValueFrom(client.send('sum', [1])))).toMatch('ECONNREFUSED');
    expect(statuses).toEqual(['disconnected']);
    await client.close();
  });

  it('connects again with the next request, after the server went away', async () => {
    const { client, close, server, port } = await serve(transport, service());
    expect(await firstValueFrom(client.send('sum', [1]))).toBe(1);
    const gone = whenStatus(client, 'disconnected');
    await server.close();
    await gone;
    expect(await failure(firstValueFrom(client.send('sum', [1])))).toMatch('ECONNREFUSED');
    const other = await serve(transport, service());
    const again = transport.client(other.port);
    expect(await firstValueFrom(again.send('sum', [2]))).toBe(2);
    expect(port).not.toBe(0);
    await again.close();
    await other.close();
    await close();
  });

  it('connects again after close', async () => {
    const { client, close } = await serve(transport, service());
    expect(await firstValueFrom(client.send('sum', [1]))).toBe(1);
    await client.close();
    expect(await firstValueFrom(client.send('sum', [2]))).toBe(2);
    await close();
  });

  it('fails to listen on a port that is taken', async () => {
    const first = await serve(transport, {});
    const module = await Test.createTestingModule({}).compile();
    const second = transport.server({ port: first.port } as object);
    const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: second, logger: false });
    expect(await failure(app.listen())).toMatch('EADDRINUSE');
    await first.close();
  });

  it('has nothing to unwrap before connect', () => {
    const client = transport.client(1);
    expect(() => client.unwrap()).toThrow('call');
    expect(() => client.unwrap()).toThrow('connect');
  });

  it('calls the listeners of a server and of a client', async () => {
    const heard: string[] = [];
    const { server, client, close } = await serve(transport, {});
    const closed = new Promise<void>((resolve) => (server as Listened).on('close', resolve));
    (client as Listened).on('connect', () => heard.push('connect'));
    await client.connect();
    expect(heard).toEqual(['connect']);
    await close();
    await closed;
  });

  it('takes a serializer and a deserializer, on both sides', async () => {
    const wrap = { serialize: (packet: unknown) => ({ wrapped: packet }) };
    const unwrap = { deserialize: (value: { wrapped: never }) => value.wrapped };
    const both = { serializer: wrap, deserializer: unwrap };
    const { client, close } = await serve(transport, service(), { server: both, client: both });
    expect(await lastValueFrom(client.send('count', 3).pipe(toArray()))).toEqual([1, 2, 3]);
    expect(await firstValueFrom(client.send('sum', [1, 2]))).toBe(3);
    await close();
  });

  it('lets a dispatch hook put metadata beside the data', async () => {
    const { client, close } = await serve(transport, service());
    client.setOnDispatchHook((packet) => {
      packet.metadata = { trace: '7' };
    });
    expect(await firstValueFrom(client.send('context', {}))).toEqual({ pattern: 'context', metadata: { trace: '7' } });
    await close();
  });

  it('runs the hooks around a request once each', async () => {
    const ran: string[] = [];
    const { server, client, close } = await serve(transport, service());
    server.setOnProcessingStartHook((_id, _context, done) => {
      ran.push('start');
      return done();
    });
    server.setOnProcessingEndHook(() => ran.push('end'));
    await lastValueFrom(client.send('count', 3));
    await lastValueFrom(client.send('fail', 'text').pipe(catchError(() => of(0))));
    expect(ran).toEqual(['start', 'end', 'start', 'end']);
    await close();
  });

  it('is part of a hybrid application', async () => {
    const module = await Test.createTestingModule(service()).compile();
    const app = module.createNestApplication({ logger: false });
    const server = transport.server();
    app.connectMicroservice<MicroserviceOptions>({ strategy: server });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const client = transport.client(transport.portOf(server));
    expect(await firstValueFrom(client.send('sum', [5]))).toBe(5);
    await client.close();
    await app.close();
  });
});

describe('ClientsModule', () => {
  it.each(transports)('registers the client of $name', async ({ ours, client, server: _, ...transport }) => {
    const { port, close } = await serve({ client, server: _, ours, ...transport }, service());
    const options = { host: '127.0.0.1', port, framing: transport.name.split(', ')[1] };
    const registration = ours ? { customClass: RxTcpClient, options } : { transport: Kind.TCP as const, options };

    @Controller()
    class Nothing {
      @MessagePattern('unused')
      unused(): void {}
    }

    @Module({ imports: [ClientsModule.register([{ name: 'MATH', ...registration } as never])], controllers: [Nothing] })
    class App {}

    const module = await Test.createTestingModule({ imports: [App] }).compile();
    await module.init();
    const math = module.get<ClientProxy>('MATH');
    expect(await firstValueFrom(math.send('sum', [4, 5]))).toBe(9);
    // Closes the client too.
    await module.close();
    await close();
  });
});
