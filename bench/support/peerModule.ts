import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NotInstalled } from './NotInstalled';
import { type Counted, overNet } from './serve';
import type { Serve } from './Workload';

/** What a module of `bench/peers` exports: handlers by name. It is plain JavaScript, so that types need no installation. */
type Handlers = Readonly<Record<string, (socket: Socket) => Promise<Counted>>>;

/** A handler of `bench/peers`, loaded where it lies: its imports are those of `bench/package.json`. */
export function peer(file: string, handler: string): Serve {
  return async (tell) => {
    let handlers: Handlers;
    try {
      handlers = (await import(pathToFileURL(resolve('bench/peers', `${file}.mjs`)).href)) as Handlers;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') throw new NotInstalled(file);
      throw error;
    }
    const handle = handlers[handler];
    if (handle === undefined) throw new RangeError(`Cannot serve ${file}: it has no ${handler}`);
    return overNet(handle)(tell);
  };
}

/** Whether the peers have been installed. */
export function peersInstalled(): boolean {
  return existsSync(resolve('bench/node_modules'));
}
