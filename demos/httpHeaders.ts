/**
 * Prints the headers that a web server answers a HEAD request with, over http or https.
 *
 * It does so twice: as asyncio's example does, with promises, and as a composition of Observables. Both stop at the empty
 * line, and hang up without reading what may come after it.
 *
 *     npm run demo -- httpHeaders                            asks two small servers of its own
 *     npm run demo -- httpHeaders https://example.com/path   asks a server on the web
 *
 * It prints:
 *
 *     --- asyncio http://localhost:…/path?query
 *     HTTP header> HTTP/1.0 200 OK
 *     HTTP header> X-Request: HEAD /path?query HTTP/1.0
 *     HTTP header> X-Encrypted: no
 *     --- reactive http://localhost:…/path?query
 *     HTTP header> HTTP/1.0 200 OK
 *     HTTP header> X-Request: HEAD /path?query HTTP/1.0
 *     HTTP header> X-Encrypted: no
 *     --- asyncio https://localhost:…/path?query
 *     HTTP header> HTTP/1.0 200 OK
 *     HTTP header> X-Request: HEAD /path?query HTTP/1.0
 *     HTTP header> X-Encrypted: TLSv1.3
 *     --- reactive https://localhost:…/path?query
 *     HTTP header> HTTP/1.0 200 OK
 *     HTTP header> X-Request: HEAD /path?query HTTP/1.0
 *     HTTP header> X-Encrypted: TLSv1.3
 */
import type { AddressInfo } from 'node:net';
import { lastValueFrom, type Observable, switchMap, takeWhile, tap } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  connect,
  type ListenOptions,
  lines,
  openConnection,
  type Server,
  startServer,
} from 'rxjs-tcp';
import { noMore, urlOf } from './support/args';
import { run } from './support/run';
import { testCertificate } from './support/testCertificate';

type Log = (line: string) => void;

/** @param ca - The issuer to trust, instead of those that Node.js knows. */
async function asyncioHeaders(log: Log, url: URL, ca?: string): Promise<void> {
  const { reader, writer } = await openConnection(addressOf(url, ca));
  writer.write(query(url));

  for (;;) {
    const line = (await reader.readLine()).toString('latin1').trimEnd();
    if (line === '') break;
    log(`HTTP header> ${line}`);
  }

  // Ignore the body, close the socket.
  writer.close();
  await writer.waitClosed();
}

function reactiveHeaders(log: Log, url: URL, ca?: string): Observable<string> {
  return connect(addressOf(url, ca)).pipe(
    tap(({ writer }) => writer.next(query(url))),
    switchMap(({ reader }) => reader.pipe(lines({ encoding: 'latin1' }))),
    // `takeWhile` unsubscribes at the end of the headers, and unsubscribing closes the connection.
    takeWhile((line) => line !== ''),
    tap((line) => log(`HTTP header> ${line}`)),
  );
}

function query({ pathname, search, host }: URL): Buffer {
  return Buffer.from(`HEAD ${pathname}${search} HTTP/1.0\r\nHost: ${host}\r\n\r\n`, 'latin1');
}

function addressOf({ protocol, hostname, port }: URL, ca: string | undefined): ConnectOptions {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  // For a server on the web, `tls: true` is enough: its certificate and its name are verified.
  if (protocol === 'https:') return { host, port: Number(port || 443), tls: ca === undefined || { ca } };
  return { host, port: Number(port || 80) };
}

export async function main(log: Log = console.log, url?: string, ...surplus: string[]): Promise<void> {
  noMore(surplus);
  if (url !== undefined) {
    await both(log, urlOf(url, ['http:', 'https:']).href);
    return;
  }

  const plain = await headServer({});
  await both(log, `http://localhost:${portOf(plain)}/path?query`);
  await plain.close();

  const secure = await headServer({ tls: testCertificate });
  await both(log, `https://localhost:${portOf(secure)}/path?query`, testCertificate.cert);
  await secure.close();
}

async function both(log: Log, url: string, ca?: string): Promise<void> {
  log(`--- asyncio ${url}`);
  await asyncioHeaders(log, new URL(url), ca);

  log(`--- reactive ${url}`);
  await lastValueFrom(reactiveHeaders(log, new URL(url), ca));
}

/** Answers one request of a connection with headers that describe it, and with a body that nobody asked for. */
function headServer(options: ListenOptions): Promise<Server> {
  async function answer({ reader, writer }: Connection): Promise<void> {
    const [request] = `${await reader.readUntil('\r\n\r\n')}`.split('\r\n');
    const { version = 'no' } = (writer.getExtraInfo('cipher') ?? {}) as { version?: string };
    writer.write(`HTTP/1.0 200 OK\r\nX-Request: ${request}\r\nX-Encrypted: ${version}\r\n\r\nNobody reads this.`);
  }

  return startServer(answer, { host: 'localhost', port: 0, ...options });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

if (require.main === module) run(main);
