import { accessSync, constants } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { pause } from '../service/pause';

/** Debian has servers where users do not look. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

/** The path of a program, or `undefined` if it is not installed. */
export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The programs of a cluster that are not installed. */
export function missingPrograms(): readonly string[] {
  return ['haproxy', 'nats-server'].filter((name) => findProgram(name) === undefined);
}

/**
 * Free ports below those that systems give to outgoing connections (32768 on Linux): a worker that restarts must find its port
 * free.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); ports.length < count; port++) {
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** How long a program may take until it listens, in milliseconds. */
const START = 20_000;

/** Waits until a program listens on its port. */
export async function listening(port: number, what: string, runs: () => boolean): Promise<void> {
  for (const end = Date.now() + START; !(await answers(port)); await pause(50)) {
    if (!runs()) throw new Error(`Cannot start ${what}: it has ended`);
    if (Date.now() > end) throw new Error(`Cannot start ${what}: nothing listens on port ${port} after ${START} ms`);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
