// Proves accepting: one connection after another with `for await`, more than allowed, more than the system can open,
// and a close under load.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectRaw, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Connection, type ListenOptions, listen, openConnection, type Server, startServer } from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { gone, messageFrom } from '../support/child';
import { failureOf } from '../support/failureOf';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const host = '127.0.0.1';

let server: Server;
let clients: Connection[];

beforeEach(() => {
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  server.abortClients();
  await server.close({ timeout: 1 });
});

function bind(options: Partial<ListenOptions> = {}): Promise<Server> {
  return new Promise((resolve, reject) =>
    listen({ host, port: 0, ...options }).subscribe({ next: resolve, error: reject }),
  );
}

async function dial(options: object = {}): Promise<Connection> {
  const client = await openConnection({ host, port: portOf(server), ...options });
  clients.push(client);
  return client;
}

describe('for await (const connection of server)', () => {
  beforeEach(async () => {
    server = await bind();
  });

  it('yields one connection after the other, in the order of their arrival', async () => {
    const ports = [(await dial()).localPort, (await dial()).localPort, (await dial()).localPort];
    const taken: (number | undefined)[] = [];
    for await (const connection of server) {
      taken.push(connection.remotePort);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual(ports);
  });

  it('loses no connection that arrives while another is served', async () => {
    const served: string[] = [];
    const dialing = (async () => {
      for (let i = 0; i < 40; i++) {
        const { writer } = await dial();
        writer.write(`${i}\n`);
      }
    })();
    for await (const connection of server) {
      // It takes its time: the others wait.
      served.push(`${await connection.reader.readLine()}`.trim());
      await turns(served.length % 4);
      await connection.close({ timeout: 1 });
      if (served.length === 40) break;
    }
    await dialing;
    expect(served).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
  });

  it('leaves the server running when the loop ends by break, return or an exception', async () => {
    await dial();
    for await (const _ of server) break;
    await dial();
    await (async () => {
      for await (const connection of server) return connection;
      return undefined;
    })();
    await dial();
    const reason = new Error('enough');
    const failing = (async () => {
      for await (const _ of server) throw reason;
    })();
    expect(await failureOf(failing)).toBe(reason);
    expect(server.isServing()).toBe(true);
    // A connection that arrives after the loop waits for the next loop.
    const { writer } = await dial();
    writer.write('still here\n');
    for await (const { reader } of server) {
      expect(`${await reader.readLine()}`).toBe('still here\n');
      break;
    }
  });

  it('leaves the connections it has yielded open when the loop ends', async () => {
    const client = await dial();
    let taken!: Connection;
    for await (const connection of server) {
      taken = connection;
      break;
    }
    taken.writer.write('hello\n');
    expect(`${await client.reader.readLine()}`).toBe('hello\n');
  });

  it('ends when the server is closed, also while it waits', async () => {
    const seen: number[] = [];
    const loop = (async () => {
      for await (const connection of server) seen.push(connection.remotePort as number);
      return 'over';
    })();
    const client = await dial();
    await until('it is taken', () => seen.length === 1);
    void server.close({ timeout: 1 });
    expect(await loop).toBe('over');
    expect(seen).toEqual([client.localPort]);
    for await (const _ of server) throw new Error('no connection is accepted any more');
  });

  it('yields no waiting connection after close(), which closes them', async () => {
    const client = await dial();
    await turns(20);
    await server.close();
    for await (const _ of server) throw new Error('no connection is accepted any more');
    expect(await client.reader.readAll().catch(() => Buffer.alloc(0))).toHaveLength(0);
  });

  it('works over TLS', async () => {
    await server.close();
    server = await bind({ tls: SERVER_TLS });
    const dialing = dial({ tls: CLIENT_TLS });
    for await (const { writer } of server) {
      writer.write('secret\n');
      break;
    }
    expect(`${await (await dialing).reader.readLine()}`).toBe('secret\n');
  });
});

describe('maxConnections', () => {
  it.each([
    ['TCP', {}, {}],
    ['TLS', { tls: SERVER_TLS }, { tls: CLIENT_TLS }],
  ])(
    'over %s: an excess client is disconnected without a byte; a free place goes to the next one',
    async (_, ofServer, ofClient) => {
      server = await startServer(({ reader, writer }) => void reader.subscribe(writer), {
        host,
        port: 0,
        maxConnections: 2,
        ...ofServer,
      });
      const failures: unknown[] = [];
      server.errors.subscribe((failure) => failures.push(failure));
      const first = await dial(ofClient);
      const second = await dial(ofClient);
      for (let i = 0; i < 5; i++) {
        const outcome = await dial(ofClient).then(
          async ({ reader }) => `${await reader.readAll().catch(() => '')}`,
          () => '',
        );
        expect(outcome).toBe('');
      }
      for (const { reader, writer } of [first, second]) {
        writer.write('still served\n');
        expect(`${await reader.readLine()}`).toBe('still served\n');
      }
      await first.close();
      let echoed = '';
      while (echoed === '') {
        const { reader, writer } = await dial(ofClient).catch(() => second);
        if (!writer.isClosing()) writer.write('room\n');
        echoed = `${await reader.readLine().catch(() => '')}`;
      }
      expect(echoed).toBe('room\n');
      // A lack of room is not a failure of a handler.
      expect(failures).toEqual([]);
    },
  );
});

describe('a process that may open no more files', () => {
  let child: ChildProcess;
  let sockets: Socket[];

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    child.kill();
    await gone(child);
  });

  // Open connections continue, the system closes new ones silently, and recovers by itself.
  (process.platform === 'win32' ? it.skip : it)(
    'serves its open connections, and accepts again once some are closed',
    async () => {
      server = await bind();
      sockets = [];
      const limited = [
        '-c',
        'ulimit -n 48; exec "$0" "$@"',
        process.execPath,
        join(__dirname, '../support/fewFiles.js'),
      ];
      child = spawn('bash', limited, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const { port } = await messageFrom<{ port: number }>(child);
      const echoed = new Map<Socket, string>();
      const gone = new Set<Socket>();
      const outcomes = new Set<string>();
      const knock = () => {
        const socket = connectRaw(port, host);
        sockets.push(socket);
        socket.on('error', ({ code }: NodeJS.ErrnoException) => outcomes.add(`${code}`));
        socket.on('end', () => outcomes.add('end'));
        socket.on('close', () => gone.add(socket));
        socket.on('data', (chunk) => echoed.set(socket, `${echoed.get(socket) ?? ''}${chunk}`));
        socket.write('knock');
      };
      for (let i = 0; i < 100; i++) knock();
      await until('each is served or disconnected', () => echoed.size + gone.size >= 100);
      expect(echoed.size).toBeGreaterThan(10);
      expect(echoed.size).toBeLessThan(48);
      // No client had both: a client that is disconnected got no byte.
      expect([...gone].filter((socket) => echoed.has(socket))).toEqual([]);
      for (const outcome of outcomes) expect(outcome).toMatch(/^(end|ECONNRESET|EPIPE)$/);
      expect(outcomes.size).toBeGreaterThan(0);
      for (const socket of echoed.keys()) socket.write(', knock');
      await until('the first ones are still served', () => [...echoed.values()].every((all) => all === 'knock, knock'));
      child.send('how are you');
      const [told] = (await once(child, 'message')) as [object];
      // The server does not learn of them; a client that dials does.
      expect(told).toEqual({ accepted: echoed.size, failures: [], serving: true, dialing: 'EMFILE' });
      for (const socket of sockets.splice(0)) socket.destroy();
      const before = echoed.size;
      await until('a client is served again', () => {
        if (gone.size >= sockets.length) knock();
        return echoed.size > before;
      });
    },
    15_000,
  );
});

describe('a server that closes under load', () => {
  it.each([
    ['TCP', {}, {}],
    ['TLS', { tls: SERVER_TLS }, { tls: CLIENT_TLS }],
  ])('over %s answers every accepted request', async (_, ofServer, ofClient) => {
    let begun = 0;
    server = await startServer(
      async ({ reader, writer }) => {
        const line = await reader.readLine();
        if (line.length === 0) return;
        begun++;
        await turns(10);
        writer.write(`answer to ${line}`);
        writer.write(Buffer.alloc(100_000));
      },
      { host, port: 0, ...ofServer },
    );
    const failures: unknown[] = [];
    server.errors.subscribe(({ error }) => failures.push(error));
    const answers: string[] = [];
    const dialing = Array.from({ length: 200 }, async (_, i) => {
      const client = await openConnection({ host, port: portOf(server), ...ofClient });
      client.writer.write(`${i}\n`);
      const all = await client.reader.readAll();
      if (all.length > 0) answers.push(all.length > 100_000 ? `${all.subarray(0, all.indexOf('\n'))}` : 'cut short');
      client.writer.close();
    });
    const load = Promise.allSettled(dialing);
    await until('some are being served', () => begun > 20);
    await server.close();
    await load;
    // Accepted clients get the complete answer; the others get nothing of it.
    expect(answers).toHaveLength(begun);
    expect(answers).not.toContain('cut short');
    expect(begun).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  });

  it('does not wait for idle clients after closeClients()', async () => {
    server = await startServer(({ closed }) => closed, { host, port: 0 });
    const idle = await Promise.all([dial(), dial(), dial()]);
    await turns(20);
    const closing = server.close({ timeout: 0 });
    server.closeClients();
    for (const { reader, writer } of idle) {
      expect(await reader.readAll()).toHaveLength(0);
      writer.close();
    }
    await closing;
  });

  it('aborts connection.signal of a handler when the client has left or was aborted', async () => {
    const reasons: unknown[] = [];
    server = await startServer(
      ({ signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            reasons.push((signal.reason as Error).cause ?? 'no error');
            resolve();
          });
        }),
      { host, port: 0 },
    );
    (await dial()).reset();
    await until('it is reported', () => reasons.length === 1);
    await dial();
    await turns(20);
    server.abortClients();
    await until('it is reported', () => reasons.length === 2);
    expect(reasons).toEqual([expect.objectContaining({ code: 'ECONNRESET' }), 'no error']);
  });

  it('ends each handler by server.close() when its time is over', async () => {
    let aborted = 0;
    server = await startServer(
      async (connection) => {
        connection.signal.addEventListener('abort', () => aborted++);
        await connection.closed;
      },
      { host, port: 0 },
    );
    await Promise.all([dial(), dial()]);
    await turns(20);
    await server.close({ timeout: 5 });
    expect(aborted).toBe(2);
  });
});
