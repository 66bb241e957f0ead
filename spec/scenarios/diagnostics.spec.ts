import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { connect as netConnect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstValueFrom, NEVER, timer } from 'rxjs';
import {
  type ChannelMessages,
  type ConnectionHeldMessage,
  type ConnectMessage,
  concatMapPausing,
  connect,
  connectionPair,
  type HandshakeMessage,
  lines,
  openConnection,
  type Server,
  type ServerFailureMessage,
  startServer,
} from '../../src';
import { runMarbles, simulate } from '../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { deadPort } from '../support/deadPort';
import { until } from '../support/until';

// The channels of node:diagnostics_channel: what each tells, when, and what a subscriber can't do.

const host = '127.0.0.1';
type Name = keyof ChannelMessages;

/** What some channels told, in order. */
class Listening {
  readonly told: { readonly name: Name; readonly message: never }[] = [];
  private readonly listeners: (readonly [Name, (message: unknown) => void])[];

  constructor(...names: Name[]) {
    this.listeners = names.map((name) => {
      const listener = (message: unknown) => this.told.push({ name, message: message as never });
      subscribe(name, listener);
      return [name, listener] as const;
    });
  }

  get names(): string[] {
    return this.told.map(({ name }) => name.replace(/^(tracing:)?rxjs-tcp:/, ''));
  }

  of<N extends Name>(name: N): ChannelMessages[N][] {
    return this.told.filter((one) => one.name === name).map(({ message }) => message);
  }

  stop(): void {
    for (const [name, listener] of this.listeners) unsubscribe(name, listener);
  }
}

const trace = (of: 'connect' | 'handshake') =>
  (['start', 'end', 'error', 'asyncStart', 'asyncEnd'] as const).map(
    (event) => `tracing:rxjs-tcp:${of}:${event}` as const,
  );

let listening: Listening;
let server: Server | undefined;
const listen = (...names: Name[]) => {
  listening = new Listening(...names);
};

afterEach(async () => {
  listening.stop();
  await server?.close({ timeout: 1 });
  server = undefined;
});

describe('the channels of a connection', () => {
  it('tell that it is open and that it is closed, with its server, and how it ended', async () => {
    listen('rxjs-tcp:connection:open', 'rxjs-tcp:connection:close');
    server = await startServer(({ reader }) => reader, { host, port: 0 });
    const client = await openConnection({ host, port: server.port });
    client.writer.write('hello');
    await client.close();
    await until('all is told', () => listening.told.length === 4);
    const opened = listening.of('rxjs-tcp:connection:open');
    expect(opened.find(({ connection }) => connection === client)).toEqual({ connection: client });
    const accepted = opened.find(({ connection }) => connection !== client);
    expect(accepted?.server).toBe(server);
    const closed = listening.of('rxjs-tcp:connection:close');
    expect(closed.find(({ connection }) => connection === client)).toMatchObject({ by: 'local' });
    const other = closed.find(({ connection }) => connection === accepted?.connection);
    expect(other).toMatchObject({ server, by: 'peer' });
    expect(other?.connection.stats().bytesRead).toBe(5);
  });

  it('have the counters of the server right at the close', async () => {
    listen();
    let open = Number.NaN;
    const look = () => {
      open = server?.stats().open ?? open;
    };
    server = await startServer((connection) => connection.destroy(), { host, port: 0 });
    subscribe('rxjs-tcp:connection:close', look);
    const client = await openConnection({ host, port: server.port });
    await client.close();
    await until('the server has seen the end', () => server?.stats().open === 0);
    unsubscribe('rxjs-tcp:connection:close', look);
    expect(open).toBe(0);
  });

  it('tell the error that has broken it', () => {
    listen('rxjs-tcp:connection:close');
    const error = new Error('enough');
    const [near] = connectionPair();
    near.destroy(error);
    return near.closed.then(() => {
      expect(listening.of('rxjs-tcp:connection:close')[0]).toEqual({ connection: near, by: 'local', error });
    });
  });

  it('tell of a memory pair that it is open', () => {
    listen('rxjs-tcp:connection:open');
    const pair = connectionPair();
    expect(listening.of('rxjs-tcp:connection:open').map(({ connection }) => connection)).toEqual(pair);
  });
});

describe('held and pressure', () => {
  it('are told once, a second after they began, with the operators that hold and how much waits', () => {
    listen('rxjs-tcp:connection:held', 'rxjs-tcp:connection:pressure');
    const times: number[] = [];
    runMarbles(({ scheduler, cold }) => {
      const [near, far] = connectionPair({ scheduler });
      far.reader
        .pipe(
          lines(),
          concatMapPausing(() => NEVER),
        )
        .subscribe();
      near.writer.write('one\ntwo\n');
      cold('10ms a').subscribe(() => near.writer.write(Buffer.alloc(3_000_000)));
      cold('999ms a').subscribe(() => times.push(listening.told.length));
      cold('1500ms a').subscribe(() => times.push(listening.told.length));
      cold('5s a').subscribe(() => {
        near.destroy();
        far.destroy();
      });
    });
    expect(times).toEqual([0, 2]);
    expect(listening.names).toEqual(['connection:held', 'connection:pressure']);
    const [held] = listening.of('rxjs-tcp:connection:held');
    expect(held).toMatchObject({ heldSince: 0, heldBy: ['concatMapPausing'] });
    const [pressure] = listening.of('rxjs-tcp:connection:pressure');
    expect(pressure).toMatchObject({ pressureSince: 10 });
    expect(pressure?.queued).toBeGreaterThan(100_000);
  });

  it.each([
    [20, [20]],
    [0, []],
  ])('are told after `slowAfter`: %d', (slowAfter, expected) => {
    listen('rxjs-tcp:connection:held');
    const times: number[] = [];
    runMarbles(({ scheduler, cold }) => {
      const [near, far] = connectionPair({ scheduler, slowAfter });
      const look = () => times.push(scheduler.now());
      subscribe('rxjs-tcp:connection:held', look);
      const release = far.reader.pause();
      cold('5s a').subscribe(() => {
        release();
        near.destroy();
        far.destroy();
        unsubscribe('rxjs-tcp:connection:held', look);
      });
    });
    expect(times).toEqual(expected);
  });

  it('are not told if they are over before', () => {
    listen('rxjs-tcp:connection:held', 'rxjs-tcp:connection:pressure');
    runMarbles(({ scheduler, cold }) => {
      const [near, far] = connectionPair({ scheduler });
      const release = far.reader.pause();
      near.writer.write(Buffer.alloc(3_000_000));
      cold('999ms a').subscribe(() => {
        release();
        far.reader.subscribe();
      });
      cold('5s a').subscribe(() => near.destroy());
    });
    expect(listening.told).toEqual([]);
  });

  it('are not told of a connection that is closed', () => {
    listen('rxjs-tcp:connection:held', 'rxjs-tcp:connection:pressure');
    runMarbles(({ scheduler, cold }) => {
      const [near, far] = connectionPair({ scheduler });
      far.reader.pause();
      near.writer.write(Buffer.alloc(3_000_000));
      cold('500ms a').subscribe(() => {
        near.destroy();
        far.destroy();
      });
      cold('600ms a').subscribe(() => far.reader.pause());
      cold('5s a').subscribe();
    });
    expect(listening.told).toEqual([]);
  });

  it('leave no timer where virtual time counts them', async () => {
    listen('rxjs-tcp:connection:held', 'rxjs-tcp:connection:pressure');
    await simulate(
      async ({ client, server }) => {
        const stuck = server.reader
          .pipe(
            lines(),
            concatMapPausing(() => NEVER),
          )
          .subscribe();
        client.writer.write('one\ntwo\n');
        client.writer.writeEof();
        await client.writer.flush();
        const release = client.reader.pause();
        await firstValueFrom(timer(20));
        release();
        stuck.unsubscribe();
      },
      { runs: 3 },
    );
    expect(listening.told).toEqual([]);
  });

  it('are told in real time too, of a socket', async () => {
    listen('rxjs-tcp:connection:held');
    server = await startServer(
      ({ reader }) =>
        reader.pipe(
          lines(),
          concatMapPausing(() => NEVER),
        ),
      {
        host,
        port: 0,
        slowAfter: 1,
      },
    );
    const client = await openConnection({ host, port: server.port });
    const before = Date.now();
    client.writer.write('one\ntwo\n');
    await until('it is told', () => listening.told.length > 0);
    client.destroy();
    const [held] = listening.of('rxjs-tcp:connection:held') as [ConnectionHeldMessage];
    expect(held).toMatchObject({ server, heldBy: ['concatMapPausing'], unread: 4 });
    expect(held.heldSince).toBeGreaterThanOrEqual(before);
    expect(held.heldSince).toBeLessThanOrEqual(Date.now());
  });
});

describe('the channels of a server', () => {
  it('tell that it listens and that it is closed', async () => {
    listen('rxjs-tcp:server:listening', 'rxjs-tcp:server:close');
    server = await startServer(() => {}, { host, port: 0 });
    expect(listening.names).toEqual(['server:listening']);
    expect(listening.told[0]?.message).toEqual({ server });
    await server.close();
    expect(listening.names).toEqual(['server:listening', 'server:close']);
  });

  it('tell nothing of a server that could not be bound', async () => {
    server = await startServer(() => {}, { host, port: 0 });
    listen('rxjs-tcp:server:listening', 'rxjs-tcp:server:close');
    await expect(startServer(() => {}, { host, port: server.port })).rejects.toThrow('EADDRINUSE');
    await new Promise(setImmediate);
    expect(listening.told).toEqual([]);
  });

  it('tell which connections it refuses, and what fails, also if nobody subscribes to `errors`', async () => {
    listen('rxjs-tcp:server:refused', 'rxjs-tcp:server:failure');
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const error = new Error('of the handler');
    server = await startServer(
      async ({ reader }) => {
        await reader.readLine();
        throw error;
      },
      { host, port: 0, maxConnections: 1 },
    );
    const client = await openConnection({ host, port: server.port });
    await until('the connection is open', () => server?.stats().open === 1);
    const second = netConnect(server.port as number, host).on('error', () => {});
    await until('it is told', () => listening.told.length === 1);
    client.writer.write('go\n');
    await until('it is told', () => listening.told.length === 2);
    expect(listening.of('rxjs-tcp:server:refused')).toEqual([
      expect.objectContaining({ server, reason: 'maxConnections', remoteAddress: host }),
    ]);
    const [failure] = listening.of('rxjs-tcp:server:failure') as [ServerFailureMessage];
    expect(failure).toMatchObject({ server, error, stage: 'handler', probe: false });
    expect(warnings).toHaveBeenCalledTimes(1);
    warnings.mockRestore();
    second.destroy();
    client.destroy();
  });
});

describe('the trace of dialing', () => {
  it('has five events with one message, and the connection in it', async () => {
    server = await startServer(() => {}, { host, port: 0 });
    listen(...trace('connect'));
    const dialing = openConnection({ host, port: server.port });
    expect(listening.names).toEqual(['connect:start', 'connect:end']);
    const client = await dialing;
    expect(listening.names).toEqual(['connect:start', 'connect:end', 'connect:asyncStart', 'connect:asyncEnd']);
    const messages = new Set(listening.told.map(({ message }) => message));
    expect([...messages]).toEqual([{ host, port: server.port, tls: false, result: client }]);
    client.destroy();
  });

  it('has the error of one that fails', async () => {
    listen(...trace('connect'));
    const port = await deadPort();
    const error: unknown = await openConnection({ host, port }).catch((reason) => reason);
    expect(listening.names).toEqual([
      'connect:start',
      'connect:end',
      'connect:error',
      'connect:asyncStart',
      'connect:asyncEnd',
    ]);
    expect(listening.told[0]?.message).toEqual({ host, port, tls: false, error });
  });

  it('is no failure if the signal of the caller aborts', async () => {
    listen(...trace('connect'));
    const abort = new AbortController();
    const dialing = openConnection({ host, port: await deadPort(), signal: abort.signal });
    abort.abort();
    await expect(dialing).rejects.toBe(abort.signal.reason);
    expect(listening.names).toEqual(['connect:start', 'connect:end', 'connect:asyncStart', 'connect:asyncEnd']);
    expect(listening.told[0]?.message).toMatchObject({ cancelled: true });
  });

  it('ends if the caller gives up', async () => {
    listen(...trace('connect'));
    connect({ host, port: await deadPort() })
      .subscribe()
      .unsubscribe();
    expect(listening.names).toEqual(['connect:start', 'connect:end', 'connect:asyncStart', 'connect:asyncEnd']);
    expect((listening.told[0]?.message as ConnectMessage | undefined)?.cancelled).toBe(true);
  });

  it('is for `tracingChannel` and its stores', async () => {
    listen();
    server = await startServer(() => {}, { host, port: 0 });
    const spans = new AsyncLocalStorage<string>();
    const channels = tracingChannel('rxjs-tcp:connect');
    channels.start.bindStore(spans, (message) => `span of ${(message as ConnectMessage).port}`);
    const seen: (string | undefined)[] = [];
    const handlers = { start: () => {}, asyncEnd: () => void seen.push(spans.getStore()) };
    channels.subscribe(handlers as never);
    const client = await openConnection({ host, port: server.port });
    channels.unsubscribe(handlers as never);
    channels.start.unbindStore(spans);
    expect(seen).toEqual([`span of ${server.port}`]);
    client.destroy();
  });
});

describe('the trace of a handshake', () => {
  const handshakes = () => listening.of('tracing:rxjs-tcp:handshake:asyncEnd') as HandshakeMessage[];

  it('is there for both sides, with the version, and says whether a session goes on', async () => {
    listen(...trace('handshake'));
    server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    const client = await openConnection({ host, port: server.port, tls: CLIENT_TLS });
    await until('the handshake is over', () => handshakes().length === 2);
    const of = (side: string) => handshakes().find((message) => message.side === side);
    expect(of('client')).toMatchObject({
      remoteAddress: host,
      remotePort: server.port,
      protocol: 'TLSv1.3',
      resumed: false,
    });
    expect(of('server')).toMatchObject({ server, remoteAddress: host, protocol: 'TLSv1.3' });
    expect(of('client')).not.toHaveProperty('error');
    client.destroy();
  });

  it('is there for STARTTLS, with the connection', async () => {
    listen(...trace('handshake'));
    let accepted: unknown;
    server = await startServer(
      async (connection) => {
        accepted = connection;
        await connection.startTls(SERVER_TLS);
        await connection.reader.readLine();
      },
      { host, port: 0 },
    );
    const client = await openConnection({ host, port: server.port });
    await client.startTls(CLIENT_TLS);
    await until('the handshake is over', () => handshakes().length === 2);
    expect(handshakes().find(({ side }) => side === 'client')).toMatchObject({
      connection: client,
      protocol: 'TLSv1.3',
    });
    expect(handshakes().find(({ side }) => side === 'server')).toMatchObject({ connection: accepted, server });
    client.destroy();
  });

  it('has the error on both sides if one refuses', async () => {
    listen(...trace('handshake'));
    server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    server.errors.subscribe();
    const error: unknown = await openConnection({ host, port: server.port, tls: { servername: 'localhost' } }).catch(
      (reason) => reason,
    );
    await until('the handshake is over', () => handshakes().length === 2);
    expect(handshakes().find(({ side }) => side === 'client')?.error).toBe(error);
    expect(handshakes().find(({ side }) => side === 'server')).toHaveProperty('error');
    expect(listening.names.filter((name) => name === 'handshake:error')).toHaveLength(2);
  });

  it('knows a probe', async () => {
    listen(...trace('handshake'));
    server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    server.errors.subscribe();
    const probe = netConnect(server.port as number, host, () => probe.end());
    await until('the handshake is over', () => handshakes().length === 1);
    expect(handshakes()[0]).toMatchObject({ side: 'server', probe: true });
    probe.destroy();
  });

  it('ends if either side gives up', async () => {
    listen(...trace('handshake'));
    // It never answers the handshake.
    server = await startServer(() => {}, { host, port: 0 });
    const dialing = connect({ host, port: server.port, tls: CLIENT_TLS }).subscribe({ error: () => {} });
    await until('the handshake has begun', () => listening.names.includes('handshake:start'));
    dialing.unsubscribe();
    expect(handshakes()).toEqual([expect.objectContaining({ side: 'client', cancelled: true })]);
    const client = await openConnection({ host, port: server.port });
    const upgrade = client.startTls(CLIENT_TLS);
    await until(
      'the handshake has begun',
      () => listening.names.filter((name) => name === 'handshake:start').length === 2,
    );
    client.destroy();
    await expect(upgrade).rejects.toThrow('closed');
    expect(handshakes()[1]).toMatchObject({ connection: client, error: expect.any(Error) });
  });

  it('ends if the server stops', async () => {
    listen(...trace('handshake'));
    server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    const silent = netConnect(server.port as number, host).on('error', () => {});
    await until('the handshake has begun', () => listening.names.includes('handshake:start'));
    await server.close();
    await until('the handshake is over', () => handshakes().length === 1);
    expect(handshakes()).toEqual([expect.objectContaining({ side: 'server', cancelled: true })]);
    silent.destroy();
  });
});

describe('without a subscriber', () => {
  it('nothing is made', async () => {
    listen();
    const published = jest.spyOn(Object.getPrototypeOf(channel('rxjs-tcp:connection:open')), 'publish');
    const timers = jest.spyOn(globalThis, 'setInterval');
    server = await startServer(() => {}, { host, port: 0, tls: SERVER_TLS });
    const client = await openConnection({ host, port: server.port, tls: CLIENT_TLS });
    const before = timers.mock.calls.length;
    client.reader.pause();
    client.writer.write(Buffer.alloc(3_000_000));
    await new Promise(setImmediate);
    const after = timers.mock.calls.length;
    client.destroy();
    await client.closed;
    await server.close();
    expect(published).not.toHaveBeenCalled();
    expect(after).toBe(before);
    published.mockRestore();
    timers.mockRestore();
  });
});

describe('in a process of its own', () => {
  const program = join(__dirname, '../support/throwsInChannels.js');
  const started = async (env: NodeJS.ProcessEnv = {}) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
      env: { ...process.env, ...env },
    });
    return {
      result: JSON.parse(stdout) as Ended,
      lines: stderr.split('\n').filter((line) => line.startsWith('RXJS-TCP')),
    };
  };
  interface Ended {
    readonly stats: object;
    readonly thrown: Record<string, number>;
  }

  it('a subscriber that throws harms no connection: each error is an uncaughtException', async () => {
    const { result, lines } = await started();
    expect(result).toMatchObject({
      answer: 'hello',
      second: 'again',
      wrong: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      stats: { open: 0, accepted: 2, refused: 1, failed: 1, bytesRead: 12, bytesWritten: 10 },
    });
    expect(result.thrown).toMatchObject({
      bindStore: 4,
      'rxjs-tcp:connection:open': 4,
      'rxjs-tcp:connection:close': 4,
      'rxjs-tcp:connection:held': 1,
      'rxjs-tcp:server:listening': 1,
      'rxjs-tcp:server:refused': 1,
      'rxjs-tcp:server:failure': 1,
      'rxjs-tcp:server:close': 1,
      'tracing:rxjs-tcp:connect:start': 4,
      'tracing:rxjs-tcp:connect:asyncEnd': 4,
      'tracing:rxjs-tcp:handshake:error': 3,
    });
    expect(lines).toEqual([]);
  }, 20_000);

  it('NODE_DEBUG=rxjs-tcp prints each message in one line, without the bytes', async () => {
    const { lines } = await started({ NODE_DEBUG: 'rxjs-tcp' });
    const all = lines.join('\n');
    for (const title of [
      'connection:open',
      'connection:close',
      'connection:held',
      'server:listening',
      'server:refused',
    ]) {
      expect(all).toMatch(new RegExp(`^RXJS-TCP \\d+: ${title} .{10,}$`, 'm'));
    }
    expect(all).toMatch(/connect:start 127\.0\.0\.1:\d+, TLS$/m);
    expect(all).toMatch(/handshake:asyncEnd client, 127\.0\.0\.1:\d+, TLSv1\.3$/m);
    expect(all).toMatch(/server:failure 127\.0\.0\.1:\d+, handshake, \w+$/m);
    expect(all).not.toMatch(/hello|again/);
  }, 20_000);
});
