import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { firstValueFrom, map } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  concatMapPausing,
  connect,
  connectionPair,
  eachValueFrom,
  type ListenOptions,
  lines,
  listen,
  openConnection,
  type Server,
  startServer,
  writeTo,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';

// In which context of AsyncLocalStorage the code of a program runs: docs/operations.md promises it.

const context = new AsyncLocalStorage<string>();
const host = '127.0.0.1';
let servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close({ timeout: 1 })));
  servers = [];
});

const kinds: [string, Partial<ListenOptions>, Partial<ConnectOptions>][] = [
  ['TCP', {}, {}],
  ['TLS', { tls: SERVER_TLS }, { tls: CLIENT_TLS }],
];

describe.each(kinds)('over %s', (_, serving, dialing) => {
  async function serve(handler: (connection: Connection) => unknown): Promise<ConnectOptions> {
    const server = await startServer(handler as never, { ...serving, host, port: 0 });
    servers.push(server);
    return { ...dialing, host, port: server.port };
  }
  const echo = ({ reader, writer }: Connection) => reader.pipe(writeTo(writer));

  it('a handler runs in the context of the call of startServer', async () => {
    const seen = new Promise((resolve) => {
      const handler = async ({ reader }: Connection) => {
        const atFirst = context.getStore();
        await reader.readLine();
        resolve([atFirst, context.getStore()]);
      };
      void context.run('server', async () => {
        const options = await serve(handler);
        const client = await context.run('client', () => openConnection(options));
        client.writer.write('hello\n');
        client.writer.close();
      });
    });
    expect(await seen).toEqual(['server', 'server']);
  });

  it('connect emits in the context of its subscription', async () => {
    const options = await serve(() => {});
    const seen = context.run('subscriber', () =>
      firstValueFrom(
        connect(options).pipe(
          map((connection) => {
            connection.destroy();
            return context.getStore();
          }),
        ),
      ),
    );
    expect(await seen).toBe('subscriber');
  });

  it('what awaits goes on in its own context: reads, drain, flush, closed and loops', async () => {
    const client = await openConnection(await serve(echo));
    const seen: unknown[] = [];
    const inOwn = (name: string, work: () => Promise<unknown>) =>
      context.run(name, async () => {
        await work();
        seen.push([name, context.getStore()]);
      });
    const reading = inOwn('readLine', () => client.reader.readLine());
    await context.run('writer', () => {
      client.writer.write('hello\n');
      return inOwn('flush', () => client.writer.flush());
    });
    await reading;
    client.writer.write(Buffer.alloc(300_000, 'a\n'));
    await inOwn('drain', () => client.writer.drain());
    await inOwn('loop', async () => {
      for await (const line of eachValueFrom(client.reader.pipe(lines()))) if (line === 'a') break;
    });
    const closed = inOwn('closed', () => client.closed);
    await context.run('closer', async () => client.destroy());
    await closed;
    expect(seen).toEqual(
      expect.arrayContaining(['readLine', 'flush', 'drain', 'loop', 'closed'].map((one) => [one, one])),
    );
  });

  it('a subscription inside a handler keeps a store if its function is bound', async () => {
    const seen: unknown[] = [];
    const options = await serve((connection) =>
      context.run('this connection', () =>
        connection.reader.pipe(
          lines(),
          concatMapPausing(AsyncResource.bind(async (line: string) => `${context.getStore()}: ${line}\n`)),
          writeTo(connection.writer),
        ),
      ),
    );
    const client = await openConnection(options);
    for (const line of ['one', 'two']) {
      client.writer.write(`${line}\n`);
      seen.push(`${await client.reader.readLine()}`);
    }
    client.destroy();
    expect(seen).toEqual(['this connection: one\n', 'this connection: two\n']);
  });
});

it('connections emits in the context of the server, and what has waited in that of the subscription', async () => {
  const server = await context.run('listen', () => startListening());
  const first = await openConnection({ host, port: server.port });
  while (server.connectionCount === 0) await new Promise(setImmediate);
  const seen: unknown[] = [];
  context.run('subscribe', () => server.connections.subscribe(() => seen.push(context.getStore())));
  const second = await openConnection({ host, port: server.port });
  while (seen.length < 2) await new Promise(setImmediate);
  expect(seen).toEqual(['subscribe', 'listen']);
  first.destroy();
  second.destroy();
  await server.close({ timeout: 1 });
});

function startListening(): Promise<Server> {
  return new Promise((resolve) => {
    listen({ host, port: 0 }).subscribe(resolve);
  });
}

it('a value of a memory pair comes in the context of the write', async () => {
  const [near, far] = connectionPair();
  const seen = new Promise((resolve) =>
    context.run('reader', () => far.reader.subscribe(() => resolve(context.getStore()))),
  );
  context.run('writer', () => near.writer.write('hello'));
  expect(await seen).toBe('writer');
});
