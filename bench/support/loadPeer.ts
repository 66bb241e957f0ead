import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NotInstalled } from './NotInstalled';

/**
 * A handler of a module of `bench/peers`, loaded where it lies: its imports are those of `bench/package.json`. It is plain
 * JavaScript, so that types need no installation: who loads it says what it is.
 */
export async function loadPeer<Handler>(file: string, handler: string): Promise<Handler> {
  let handlers: Readonly<Record<string, Handler>>;
  try {
    handlers = await import(pathToFileURL(resolve('bench/peers', `${file}.mjs`)).href);
  } catch {
    throw new NotInstalled(file);
  }
  const handle = handlers[handler];
  if (handle === undefined) throw new RangeError(`Cannot serve ${file}: it has no ${handler}`);
  return handle;
}
