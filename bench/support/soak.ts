/** Opens, uses and ends connections in every way, and finds what is left of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as netConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, isObservable, lastValueFrom } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  connect,
  connectionPair,
  lines,
  openConnection,
  type Server,
  startServer,
  writeTo,
} from 'rxjs-tcp';
import { Ledger } from './Ledger';
import { median } from './statistics';

export interface SoakOptions {
  /** A certificate for localhost and 127.0.0.1, and its key. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer };
  /** How many connections at least. */
  readonly connections: number;
  /** How many milliseconds at least. */
  readonly time: number;
  /** How many at once. */
  readonly atOnce: number;
  /** Collects garbage. Default: `gc()`. */
  readonly collect?: (() => void) | undefined;
  /** How many times the process comes to rest. Default: 1. */
  readonly rounds?: number | undefined;
  /** Whether every channel of diagnostics has a subscriber, which looks whether everything adds up. */
  readonly diagnosed?: boolean | undefined;
  /** Called for every connection that has ended, also in the warm-up. */
  readonly onConnection?: (() => void) | undefined;
  /** Called when the process has come to rest: after the warm-up and after each round. */
  readonly onRest?: ((rest: Rest) => void) | undefined;
}

/** The state of a process at rest. */
export interface Rest {
  /** How many connections have ended since the warm-up. */
  readonly connections: number;
  /** What keeps the event loop alive, by its kind. */
  readonly handles: Record<string, number>;
  /** How many listeners the process and shared objects have. */
  readonly listeners: number;
  /** Bytes in use after `gc()`: the median of five samples. */
  readonly heap: number;
}

export interface SoakResult {
  readonly connections: number;
  readonly seconds: number;
  /** How often each way was used. */
  readonly ways: Record<string, number>;
  readonly before: Rest;
  readonly after: Rest;
  /**
   * How many bytes the heap grew per connection: the median of the rounds. A leak shows in all of them. Memory that the engine
   * keeps once shows in one or two.
   */
  readonly growth: number;
  /** The unexpected errors, and what does not add up. */
  readonly surprises: string[];
  /** What the channels told, if they were subscribed. */
  readonly told?: Pick<Ledger, 'counts' | 'connects' | 'handshakes' | 'compared'>;
}

/** A way to use and end a connection. The first line of the client tells the server which way it is. */
interface Way {
  readonly client: (connection: Connection, world: World) => unknown;
  readonly server: (connection: Connection, world: World) => unknown;
  /** The kinds of connection for which it is impossible. */
  readonly not?: readonly Kind[];
}

type Kind = 'TCP' | 'TLS' | 'Unix' | 'memory';

interface World {
  readonly tls: SoakOptions['tls'];
  readonly signal: AbortController;
  /** Knocks at a server with TLS, or at one that is full, and leaves. */
  readonly knock: (at: 'TLS' | 'full', bytes?: string) => Promise<void>;
}

const BULK = Buffer.alloc(300_000, 'bulk');
const SECURE: readonly Kind[] = ['TLS', 'memory'];
const quietly = (promise: Promise<unknown>) => promise.catch(() => {});
const rest = ({ reader }: Connection) => quietly(reader.readAll());
const echo = ({ reader, writer }: Connection) => reader.pipe(writeTo(writer));
const echoQuietly = (connection: Connection) => quietly(lastValueFrom(echo(connection), { defaultValue: 0 }));
const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const talk = async ({ reader, writer }: Connection) => {
  writer.write('hello\n');
  await reader.readLine();
};

const WAYS: Readonly<Record<string, Way>> = {
  'the client closes': {
    client: async (connection) => {
      await talk(connection);
      await connection.close();
    },
    server: echo,
  },
  'the server closes': { client: rest, server: async ({ writer }) => void writer.write(BULK) },
  'both close at once': { client: (connection) => connection.close(), server: (connection) => connection.close() },
  'the client ends its side first': {
    client: async (connection) => {
      connection.writer.write(BULK);
      connection.writer.writeEof();
      await rest(connection);
    },
    server: async ({ reader, writer }) => {
      writer.write(`${(await reader.readAll()).length}`);
      writer.writeEof();
    },
  },
  'the client destroys': {
    client: async (connection) => {
      await talk(connection);
      connection.destroy(new Error('enough'));
    },
    server: echoQuietly,
  },
  'the server destroys': { client: rest, server: (connection) => connection.destroy() },
  'the client resets': {
    client: async (connection) => {
      await talk(connection);
      connection.reset();
    },
    server: echoQuietly,
  },
  'the server resets, reads and drains pending': {
    client: async ({ reader, writer }) => {
      writer.write(Buffer.alloc(1024 * 1024));
      await Promise.allSettled([reader.readLine(), writer.drain(), writer.flush()]);
    },
    server: (connection) => void setImmediate(() => connection.reset()),
  },
  'the handler fails': {
    client: rest,
    server: () => Promise.reject(new Error('of the handler')),
  },
  'the client reads nothing and is given up': {
    client: async (connection) => {
      const release = connection.reader.pause();
      await sleep(20);
      release();
      await rest(connection);
    },
    server: (connection) => {
      connection.writer.write(Buffer.alloc(8 * 1024 * 1024));
      return connection.close({ timeout: 5 });
    },
  },
  'a read times out, another is aborted': {
    client: async (connection, { signal }) => {
      await quietly(connection.reader.readLine({ timeout: 2 }));
      const reading = quietly(connection.reader.readLine({ signal: signal.signal }));
      signal.abort();
      await reading;
      await connection.close();
    },
    server: rest,
  },
  'a subscription comes and goes': {
    client: async ({ reader, writer }) => {
      writer.write('one\ntwo\nthree\n');
      await quietly(firstValueFrom(reader.pipe(lines())));
      await quietly(reader.readLine());
      writer.error(undefined);
    },
    server: echoQuietly,
  },
  'STARTTLS, then the client closes': {
    client: async (connection, { tls }) => {
      await connection.reader.readLine();
      await connection.startTls({ ca: tls.cert, servername: 'localhost' });
      await talk(connection);
      await connection.close();
    },
    server: async (connection, { tls }) => {
      connection.writer.write('go\n');
      await connection.startTls(tls);
      await echoQuietly(connection);
    },
    not: SECURE,
  },
  'STARTTLS that is refused': {
    client: async (connection) => {
      await connection.reader.readLine();
      await quietly(connection.startTls({ servername: 'localhost' }));
    },
    server: async (connection, { tls }) => {
      connection.writer.write('go\n');
      await quietly(connection.startTls(tls));
      await connection.closed;
    },
    not: SECURE,
  },
  'STARTTLS that is broken off': {
    client: async (connection, { tls }) => {
      const upgrading = quietly(connection.startTls({ ca: tls.cert, servername: 'localhost' }));
      setImmediate(() => connection.destroy());
      await upgrading;
    },
    server: (connection, { tls }) => quietly(connection.startTls({ ...tls, handshakeTimeout: 500 })),
    not: SECURE,
  },
  'STARTTLS that nobody answers': {
    client: (connection, { tls }) =>
      quietly(connection.startTls({ ca: tls.cert, servername: 'localhost', handshakeTimeout: 5 })),
    server: ({ closed }) => closed,
    not: SECURE,
  },
  'beside it a TLS handshake is broken off': {
    client: async (connection, { knock }) => {
      await knock('TLS');
      await connection.close();
    },
    server: rest,
  },
  'beside it a TLS handshake is no handshake': {
    client: async (connection, { knock }) => {
      await knock('TLS', 'GET / HTTP/1.0\r\n\r\n');
      await connection.close();
    },
    server: rest,
  },
  'beside it a connection is refused': {
    client: async (connection, { knock }) => {
      await knock('full', 'hello\n');
      await connection.close();
    },
    server: rest,
  },
  'a frame that is never finished': {
    client: async (connection) => {
      connection.writer.write('half a li');
      await rest(connection);
    },
    server: ({ reader }) => quietly(reader.readLine({ timeout: 60_000 })).then(() => {}),
  },
};

/** Runs the soak. The result has everything that is left over. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { connections, time, rounds = 1, collect = globalThis.gc, onRest } = options;
  const surprises: string[] = [];
  const ledger = options.diagnosed ? new Ledger() : undefined;
  ledger?.start();
  const surprise = (error: unknown) => surprises.push(String((error as Error)?.stack ?? error));
  process.on('unhandledRejection', surprise).on('uncaughtExceptionMonitor', surprise);
  const ways: Record<string, number> = {};
  const rests: Rest[] = [];
  const comeToRest = async (ended: number) => {
    const rest = await atRest(ended, collect);
    rests.push(rest);
    onRest?.(rest);
    return rest;
  };
  // The warm-up: the engine makes everything that it makes once.
  await round({ ...options, connections: Math.ceil(connections / 5), time: time / 5 }, {}, surprises);
  const before = await comeToRest(0);
  let after = before;
  const started = performance.now();
  for (let i = 0; i < rounds; i++) {
    const part = { ...options, connections: Math.ceil(connections / rounds), time: time / rounds };
    after = await comeToRest(after.connections + (await round(part, ways, surprises)));
  }
  const seconds = (performance.now() - started) / 1000;
  process.off('unhandledRejection', surprise).off('uncaughtExceptionMonitor', surprise);
  const growth = median(rests.slice(1).map((rest, i) => growthBetween(rests[i] as Rest, rest)));
  ledger?.stop();
  const result = { connections: after.connections, seconds, ways, before, after, growth };
  if (ledger === undefined) return { ...result, surprises };
  const { counts, connects, handshakes, compared } = ledger;
  const told = { counts, connects, handshakes, compared };
  return { ...result, surprises: [...surprises, ...ledger.faults], told };
}

/** How many bytes the heap grew per connection. */
export function growthBetween(earlier: Rest, later: Rest): number {
  return (later.heap - earlier.heap) / (later.connections - earlier.connections);
}

async function round(options: SoakOptions, ways: Record<string, number>, surprises: string[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'rxjs-tcp-soak-'));
  const path = join(directory, 'soak.sock');
  const { tls } = options;
  const host = '127.0.0.1';
  const all = { frameTimeout: 50, idleTimeout: 20_000 };
  const servers = await Promise.all([
    startServer(serve(tls), { host, port: 0, ...all }),
    startServer(serve(tls), { host, port: 0, tls, ...all }),
    startServer(serve(tls), { path, ...all }),
    startServer(() => new Promise(() => {}), { host, port: 0, maxConnections: 1 }),
  ]);
  const full = servers[3].port as number;
  // It takes the only place.
  const first = await openConnection({ host, port: full });
  while (servers[3].connectionCount === 0) await sleep(1);
  const knock: World['knock'] = (at, bytes) => knockAt(at === 'TLS' ? (servers[1].port as number) : full, bytes);
  for (const server of servers) server.errors.subscribe();
  const ends: Record<Exclude<Kind, 'memory'>, ConnectOptions> = {
    TCP: { host, port: (servers[0] as Server).port },
    TLS: { host, port: (servers[1] as Server).port, tls: { ca: tls.cert, servername: 'localhost' } },
    Unix: { path },
  };
  const jobs = Object.keys(WAYS).flatMap((name) =>
    (['TCP', 'TLS', 'Unix', 'memory'] as const)
      .filter((kind) => !WAYS[name]?.not?.includes(kind))
      .map((kind) => ({ name, kind })),
  );
  const started = performance.now();
  let begun = 0;
  let done = 0;
  const worker = async () => {
    while (begun < options.connections || performance.now() - started < options.time) {
      const { name, kind } = jobs[begun++ % jobs.length] as (typeof jobs)[number];
      // The connections are spread over the time.
      const due = started + (begun / options.connections) * options.time;
      if (performance.now() < due) await sleep(due - performance.now());
      try {
        await one(name, kind === 'memory' ? undefined : ends[kind], { tls, knock }, begun % 3 === 0);
      } catch (error) {
        surprises.push(`${name} over ${kind}: ${(error as Error).stack}`);
      }
      done++;
      options.onConnection?.();
      ways[name] = (ways[name] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  first.destroy();
  await Promise.all(servers.map((server) => server.close({ timeout: 1000 })));
  rmSync(directory, { recursive: true });
  return done;
}

/** The server's part: the first line says which. */
function serve(tls: SoakOptions['tls']) {
  return async (connection: Connection) => {
    const name = `${await connection.reader.readLine()}`.trim();
    const served = WAYS[name]?.server(connection, { tls, knock: nobody, signal: new AbortController() });
    await (isObservable(served) ? lastValueFrom(served, { defaultValue: 0 }) : served);
  };
}

/** No server knocks. */
const nobody = () => Promise.resolve();

/** Connects, says something or leaves at once, and resolves when the other side has gone too. */
function knockAt(port: number, bytes: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = netConnect(port, '127.0.0.1', () => (bytes === undefined ? socket.destroy() : socket.write(bytes)));
    socket.on('error', () => {}).on('end', () => socket.end());
    socket.resume().once('close', () => resolve());
  });
}

/** One connection, from its beginning to its end, dialed in one of two ways. */
async function one(
  name: string,
  options: ConnectOptions | undefined,
  given: Omit<World, 'signal'>,
  asObservable: boolean,
): Promise<void> {
  const world: World = { ...given, signal: new AbortController() };
  const use = async (connection: Connection) => {
    connection.writer.write(`${name}\n`);
    await Promise.resolve(WAYS[name]?.client(connection, world)).catch(() => {});
    await connection.close({ timeout: 500 });
  };
  if (options === undefined) {
    const [client, server] = connectionPair({ frameTimeout: 50 });
    const serving = quietly(serve(world.tls)(server)).then(() => server.close({ timeout: 500 }));
    await Promise.all([use(client), serving]);
  } else if (asObservable) {
    await new Promise<void>((resolve) => {
      const subscription = connect({ ...options, halfOpen: true }).subscribe({
        next: (connection) => void use(connection).then(() => subscription.unsubscribe()),
        error: () => {},
      });
      subscription.add(resolve);
    });
  } else {
    await use(await openConnection({ ...options, signal: world.signal.signal }).catch(() => connectionPair()[0]));
  }
}

/** The state of the process once nothing moves any more. */
async function atRest(connections: number, collect: (() => void) | undefined): Promise<Rest> {
  const heaps: number[] = [];
  for (let i = 0; i < 10; i++) {
    await sleep(30);
    collect?.();
    const { heapUsed, external } = process.memoryUsage();
    heaps.push(heapUsed + external);
  }
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  // The first samples still have the remains of the last connections.
  return { connections, handles, listeners, heap: median(heaps.slice(5)) };
}
