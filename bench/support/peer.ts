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
  return async (tell, argument) => {
    let handlers: Handlers;
    try {
      handlers = (await import(pathToFileURL(resolve('bench/peers', `${file}.mjs`)).href)) as Handlers;
    } catch {
      throw new NotInstalled(file);
    }
    const handle = handlers[handler];
    if (handle === undefined) throw new RangeError(`Cannot serve ${file}: it has no ${handler}`);
    return overNet(handle)(tell, argument);
  };
}
