/** Contenders of the workloads over a connection: servers that read and count the frames of a driver. */
import { createServer, type Socket } from 'node:net';
import { type Connection, type ConnectionHandler, type ListenOptions, startServer } from 'rxjs-tcp';
import type { Serve, Serving, Told } from './Workload';

/** What arrived on one connection: how many frames, and their length together. */
export interface Counted {
  readonly frames: number;
  readonly length: number;
}

/** The result of one connection. */
export interface Served extends Counted, Told {
  readonly type: 'served';
  readonly seconds: number;
  /** Processor time in seconds. */
  readonly cpu: number;
}

const host = '127.0.0.1';

/** A handler over a bare socket. */
export function overNet(handle: (socket: Socket) => Promise<Counted>): Serve {
  return (tell) =>
    netServer((socket) => {
      socket.on('error', () => {});
      void timed(() => handle(socket), tell).then(() => socket.end());
    });
}

/** A handler over a connection of this library. */
export function overConnection(
  handle: (connection: Connection) => Promise<Counted>,
  options?: Partial<ListenOptions>,
): Serve {
  return (tell) => ownServer((connection) => timed(() => handle(connection), tell), options);
}

/** A server whose sockets have the options of asyncio and of this library: half open, without delay. */
export function netServer(handle: (socket: Socket) => void): Promise<Serving> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, handle);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      resolve({ port, close: () => server.close() });
    });
  });
}

export async function ownServer(handle: ConnectionHandler, options: Partial<ListenOptions> = {}): Promise<Serving> {
  const server = await startServer(handle, { host, port: 0, ...options });
  return { port: server.port as number, close: () => void server.close() };
}

async function timed(handle: () => Promise<Counted>, tell: (served: Served) => void): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { frames, length } = await handle();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  tell({ type: 'served', frames, length, seconds, cpu: (user + system) / 1e6 });
}
