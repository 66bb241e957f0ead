import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OperatorFunction } from 'rxjs';
import { type Decoder, decode, lengthPrefixed, lines } from '../..';
import { redisFrame } from './redisFrame';

/** How the bytes of one direction are cut into frames. */
export type Framing = OperatorFunction<Uint8Array, unknown>;

/** The framings of both directions, by the side that sends. */
export interface Framings {
  readonly client: Framing;
  readonly server: Framing;
}

/**
 * The framing that an option names: `lines`, `redis`, `length:4`, or a module whose default export is a decoder, a generator, or an
 * object with one for each side: `{ client, server }`.
 *
 * @param folder - Where a relative path begins.
 * @returns `undefined` for any other name.
 */
export async function loadFraming(name: string, folder: string): Promise<Framings | undefined> {
  if (name === 'lines') return both(lines());
  if (name === 'redis') return both(decode(redisFrame));
  const width = /^length:([124])$/.exec(name)?.[1];
  if (width !== undefined) return both(decode(lengthPrefixed({ bytes: Number(width) as 1 | 2 | 4 })));
  if (!/^[./]|^[A-Za-z]:\\/.test(name)) return undefined;
  const loaded: { default?: unknown } = await import(pathToFileURL(resolve(folder, name)).href);
  const given = loaded.default as Decoder<unknown> & { client?: Decoder<unknown>; server?: Decoder<unknown> };
  if (given?.client !== undefined && given.server !== undefined) {
    return { client: decode(given.client), server: decode(given.server) };
  }
  return both(decode(given));
}

function both(framing: Framing): Framings {
  return { client: framing, server: framing };
}
