import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Why a request is refused: the status of the reply and its text. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Decides whether a request may see the connections, and returns the path after the token.
 *
 * Another site may send a browser here in two ways. It can rebind a name of its own to this address: then `Host` has that name,
 * so only addresses, `localhost` and the host that was listened on pass. Or it sends a request across sites: then `Origin` or
 * `Sec-Fetch-Site` names it. The page itself holds no data, so a link to it may be followed from anywhere.
 */
export function admit(request: IncomingMessage, token: string, ownHost: string): URL | Refusal {
  const { host = '', origin, 'sec-fetch-site': site } = request.headers;
  if (!isOwnHost(host, ownHost))
    return { status: 421, reason: 'Cannot serve this host: open the address that was printed' };
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, reason: 'Cannot serve this origin: the request came from another site' };
  }
  if (request.method !== 'GET') return { status: 405, reason: 'Cannot serve this method: only GET' };
  const [, given = '', rest] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '') ?? [];
  if (!sameText(given, token))
    return { status: 403, reason: 'Cannot open the page: the token in the address is not valid' };
  const url = new URL(`http://page${rest?.startsWith('/') ? rest : '/-'}`);
  if (url.pathname !== '/' && site !== undefined && site !== 'same-origin' && site !== 'none') {
    return { status: 403, reason: 'Cannot serve this origin: the request came from another site' };
  }
  return url;
}

function isOwnHost(host: string, ownHost: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === ownHost || isIP(name) !== 0;
}

/** Takes the same time wherever the texts differ, and whatever their length. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
