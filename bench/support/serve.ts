/** Contenders of the workloads over a connection: servers that take in what a driver sends, and count it. */
import { createServer, type Socket } from 'node:net';
import { type Connection, type ConnectionHandler, startServer } from 'rxjs-tcp';
import type { Serve, Serving, Told } from './Workload';

/** What arrived on one connection: so many frames, so long together. */
export interface Counted {
  readonly frames: number;
  readonly length: number;
}

/** What came of one connection. */
export interface Served extends Counted, Told {
  readonly type: 'served';
  readonly seconds: number;
  /** Seconds of the processor. */
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
export function overConnection(handle: (connection: Connection) => Promise<Counted>): Serve {
  return (tell) => ownServer((connection) => timed(() => handle(connection), tell));
}

/** A server of sockets as an asyncio stream or a connection of this library has them: half open, without delay. */
export function netServer(handle: (socket: Socket) => void): Promise<Serving> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, handle);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      resolve({ port, close: () => server.close() });
    });
  });
}

export async function ownServer(handle: ConnectionHandler): Promise<Serving> {
  const server = await startServer(handle, { host, port: 0 });
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
