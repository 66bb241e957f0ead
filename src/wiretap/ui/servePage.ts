import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { TappedConnection, Taps } from '../Taps';
import type { WireEvent } from '../WireEvent';
import { admit } from './admit';
import { eventsOf } from './eventsOf';
import { findBytes } from './findBytes';
import { PageFeed } from './PageFeed';
import { PageFile } from './PageFile';

/** Cuts the events of one connection into frames: the text of each, and the number of the event in which it ends. */
export type FramesOf = (
  events: readonly WireEvent[],
  connection: TappedConnection,
) => readonly { readonly seq: number; readonly text: string }[];

/** Options of `servePage`. */
export interface PageOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** The address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** Shows the frames of a marble beside its bytes, and names the marbles. It may get one event without those before it. */
  readonly frames?: FramesOf;
  /** How many pages may look at once. Default: 8. */
  readonly maxPages?: number;
}

/** A page that is served. */
export interface ServedPage {
  /** The address to open. It has the token: anyone who knows it sees every byte. */
  readonly url: string;
  close(): Promise<void>;
}

/** The numbers of many connections come in the address. */
const MAX_HEADER_SIZE = 256 * 1024;

/**
 * Serves the page that shows the connections of a wiretap, on the loopback unless you name a host.
 *
 * @throws `Error` if the package has no page. It rejects if the port is in use.
 */
export async function servePage(taps: Taps, options: PageOptions = {}): Promise<ServedPage> {
  const { port = 0, host = '127.0.0.1', frames, maxPages = 8 } = options;
  const token = randomBytes(24).toString('base64url');
  const file = new PageFile();
  const feeds = new Set<PageFeed>();

  const server = createServer({ maxHeaderSize: MAX_HEADER_SIZE }, (request, response) => {
    const url = admit(request, token, host);
    request.resume();
    if (!(url instanceof URL)) {
      answer(response, url.status, 'text/plain', `${url.reason}\n`);
    } else if (url.pathname === '/') {
      response.setHeader('Content-Security-Policy', file.policy);
      answer(response, 200, 'text/html', file.html);
    } else if (url.pathname === '/stream') {
      if (feeds.size >= maxPages) {
        answer(response, 503, 'text/plain', `Cannot serve one more page: ${maxPages} are open\n`);
        return;
      }
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream; charset=utf-8' });
      response.flushHeaders();
      const feed = new PageFeed(taps, response, positions(url.searchParams.get('since') ?? ''), frames);
      feeds.add(feed);
      response.once('close', () => feeds.delete(feed));
    } else if (url.pathname === '/find') {
      findBytes(taps, url.searchParams.get('text') ?? '').then(
        (found) => answer(response, 200, 'application/json', JSON.stringify(found)),
        () => response.destroy(),
      );
    } else {
      answerAbout(response, url, taps, frames);
    }
  });

  await listening(server, port, host);
  const { address, port: own } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(address) ? `[${address}]` : address}:${own}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        for (const feed of feeds) feed.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // The address has the token.
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': `${type}; charset=utf-8` });
  response.end(body);
}

/** `/events/7?from=1&to=9` and `/test/7?as=script&from=1&to=9`. */
function answerAbout(response: ServerResponse, url: URL, taps: Taps, frames: FramesOf | undefined): void {
  const [, what, id] = /^\/(events|test)\/(\d{1,15})$/.exec(url.pathname) ?? [];
  const connection = id === undefined ? undefined : taps.connections.get(Number(id));
  const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
  const [from, to] = [number('from', 0), number('to', Number.MAX_SAFE_INTEGER)];
  const as = url.searchParams.get('as') ?? 'marbles';
  if (what === undefined) answer(response, 404, 'text/plain', 'Cannot find this\n');
  else if (connection === undefined) answer(response, 404, 'text/plain', `Cannot find connection ${id}: it is gone\n`);
  else if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || (as !== 'marbles' && as !== 'script')) {
    answer(response, 400, 'text/plain', 'Cannot read the request: from and to are integers, as is marbles or script\n');
  } else if (what === 'events') {
    answer(response, 200, 'application/json', JSON.stringify(eventsOf(connection, from, to, frames)));
  } else {
    try {
      answer(response, 200, 'text/plain', connection.tap.toTest(as, { from, to }));
    } catch (error) {
      answer(response, 422, 'text/plain', `${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

/** `7.120,8.3`: the next event of each connection. */
function positions(text: string): Map<number, number> {
  const pairs = Array.from(
    text.matchAll(/(\d{1,15})\.(\d{1,15})/g),
    ([, id, next]) => [Number(id), Number(next)] as const,
  );
  return new Map(pairs);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
