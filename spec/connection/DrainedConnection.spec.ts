// Proves that handlers learn when their server stops, finish what they have begun, and are no failure by that.
import { defer, fromEvent, map, repeat, takeUntil, tap } from 'rxjs';
import {
  type Connection,
  connectionPair,
  lines,
  openConnection,
  type Server,
  type ServerFailure,
  startServer,
  writeTo,
} from '../../src';
import type { ConnectionHandler } from '../../src/net/startServer';
import { portOf } from '../support/portOf';

const host = '127.0.0.1';

describe('connection.draining', () => {
  let server: Server;
  let failures: ServerFailure[];
  let clients: Connection[];

  beforeEach(() => {
    clients = [];
    failures = [];
  });

  afterEach(async () => {
    for (const client of clients) client.destroy();
    await server.close({ timeout: 1 });
  });

  async function serve(handler: ConnectionHandler): Promise<void> {
    server = await startServer(handler, { host, port: 0 });
    server.errors.subscribe((failure) => failures.push(failure));
  }

  async function dial(): Promise<Connection> {
    const client = await openConnection({ host, port: portOf(server) });
    clients.push(client);
    return client;
  }

  /** A client whose handler has begun: it has answered a line. */
  async function talk(text = 'first'): Promise<Connection> {
    const client = await dial();
    client.writer.write(`${text}\n`);
    expect(`${await client.reader.readLine()}`).toBe(`${text}\n`);
    return client;
  }

  it('ends the read of an idle connection: its client sees a clean end, and nothing failed', async () => {
    await serve(async ({ reader, writer, draining }) => {
      for (;;) writer.write(await reader.readUntil('\n', { signal: draining }));
    });
    const all = [await talk(), await talk()];
    const closing = server.close({ timeout: 0 });
    for (const client of all) {
      expect(await client.reader.read()).toHaveLength(0);
      await client.close();
    }
    await closing;
    expect(failures).toEqual([]);
  });

  it('lets a handler finish the request that it has begun', async () => {
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = () => {};
    const atWork = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await serve(async ({ reader, writer, draining }) => {
      for (;;) {
        const line = await reader.readUntil('\n', { signal: draining });
        begun();
        await work;
        writer.write(line);
      }
    });
    const client = await dial();
    client.writer.write('first\nsecond\n');
    await atWork;
    const closing = server.close({ timeout: 0 });
    finish();
    expect(`${await client.reader.readAll()}`).toBe('first\n');
    await client.close();
    await closing;
    expect(failures).toEqual([]);
  });

  it('ends an Observable by takeUntil or by the signal of a read inside', async () => {
    const handlers: ConnectionHandler[] = [
      ({ reader, writer, draining }) =>
        reader.pipe(
          lines(),
          map((line) => `${line}\n`),
          takeUntil(fromEvent(draining, 'abort')),
          writeTo(writer),
        ),
      ({ reader, writer, draining }) =>
        defer(() => reader.readUntil('\n', { signal: draining })).pipe(
          tap((line) => writer.write(line)),
          repeat(),
        ),
    ];
    for (const handler of handlers) {
      await serve(handler);
      const client = await talk();
      const closing = server.close({ timeout: 0 });
      expect(await client.reader.read()).toHaveLength(0);
      await client.close();
      await closing;
    }
    expect(failures).toEqual([]);
  });

  it('is aborted already if a handler asks late', async () => {
    const said: boolean[] = [];
    await serve(async (connection) => {
      connection.writer.write(await connection.reader.readLine());
      await connection.reader.readLine();
      const { draining } = connection;
      said.push(draining.aborted, draining === connection.draining);
    });
    const client = await talk();
    const closing = server.close({ timeout: 0 });
    client.writer.write('late\n');
    expect(await client.reader.read()).toHaveLength(0);
    await client.close();
    await closing;
    expect(said).toEqual([true, true]);
  });

  it('does not hide another error, nor the same error of another connection', async () => {
    const signals: AbortSignal[] = [];
    const other = new Error('something else');
    await serve(async ({ reader, writer, draining }) => {
      const index = signals.push(draining) - 1;
      writer.write(await reader.readLine());
      await reader.readUntil('\n', { signal: draining }).catch(() => {});
      throw index === 0 ? other : signals[0]!.reason;
    });
    const all = [await talk(), await talk()];
    const closing = server.close({ timeout: 0 });
    for (const client of all) {
      await client.reader.readAll();
      await client.close();
    }
    await closing;
    expect(failures.map(({ error }) => error)).toEqual([other, signals[0]!.reason]);
  });

  it('does not abort when a server closes its clients and goes on', async () => {
    const signals: AbortSignal[] = [];
    await serve(async ({ reader, writer, draining }) => {
      signals.push(draining);
      writer.write(await reader.readLine());
      await reader.readAll();
    });
    const client = await talk();
    server.closeClients();
    await client.reader.readAll();
    await client.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('never aborts without a server', async () => {
    await serve(() => {});
    const [here, there] = connectionPair();
    const client = await dial();
    for (const connection of [here, there, client]) expect(connection.draining.aborted).toBe(false);
    await Promise.all([here.close(), there.close()]);
    expect(here.draining.aborted).toBe(false);
  });
});
