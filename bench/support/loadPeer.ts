import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NotInstalled } from './NotInstalled';

/**
 * Loads a handler of a module in `bench/peers`. The module imports the packages of `bench/package.json`. It is plain JavaScript, so
 * types need no installation: the caller says which type the handler has.
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
