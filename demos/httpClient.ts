/**
 * An HTTP/1.1 client: a head, then a body in the framing that the head names, several times on one connection.
 *
 * A body has a length, or comes in chunks with a length each, or goes on to the end of the connection. The head has one decoder and
 * a chunk another. The reader changes between them and loses no byte.
 *
 *     npm run demo -- httpClient                          asks a small server of its own
 *     npm run demo -- httpClient http://host:8080/path    asks your server
 *
 * It prints:
 *
 *     GET /length   200 OK, content-length 14
 *        Hello, length!
 *     GET /chunks   200 OK, transfer-encoding chunked
 *        Hello, chunks! It has … bytes in … chunks, and ends with "grüße".
 *     GET /nothing  404 Not Found, content-length 0
 *     GET /close    200 OK, to the end
 *        Goodbye!
 */
import type { AddressInfo } from 'node:net';
import {
  defer,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  type Observable,
  takeWhile,
  tap,
  toArray,
} from 'rxjs';
import {
  type Connection,
  decode,
  type FrameReader,
  IncompleteReadError,
  InvalidFrameError,
  openConnection,
  type Server,
  type StreamReader,
  startServer,
} from 'rxjs-tcp';
import { noMore, urlOf } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;

/** The head of a response. */
export interface HttpHead {
  readonly status: number;
  readonly reason: string;
  /** By name, in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

const MAX_HEADERS = 100;

/** The status line and the headers, through the empty line. */
export function* httpHead(read: FrameReader): Generator<undefined, HttpHead, undefined> {
  const line = yield* read.line({ encoding: 'latin1' });
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(line) ?? [];
  if (status === undefined) throw new InvalidFrameError(`it is no answer of HTTP/1: ${JSON.stringify(line)}`, 0);
  return { status: Number(status), reason, headers: yield* httpHeaders(read) };
}

export function* httpHeaders(read: FrameReader): Generator<undefined, Map<string, string>, undefined> {
  const headers = new Map<string, string>();
  for (let count = 0; ; count++) {
    const line = yield* read.line({ encoding: 'latin1' });
    if (line === '') return headers;
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || count === MAX_HEADERS) throw new InvalidFrameError(`a header is wrong: ${line}`, 0);
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
}

/** A chunk of a body. The last chunk is empty, and may be followed by more headers, which belong to it. */
export function* httpChunk(read: FrameReader): Generator<undefined, Buffer, undefined> {
  const line = yield* read.line({ eol: 'crlf', limit: 1024 });
  const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
  if (digits === undefined) throw new InvalidFrameError(`it is no size of a chunk: ${JSON.stringify(line)}`, 0);
  const size = Number.parseInt(digits, 16);
  const bytes = yield* read.exactly(size);
  if (size === 0) yield* httpHeaders(read);
  else if (`${yield* read.exactly(2)}` !== '\r\n') throw new InvalidFrameError('a chunk is longer than it says', 0);
  return bytes;
}

/** The bytes of a body as they come. Read all of them before you read the next head. */
export function httpBody(reader: StreamReader, { status, headers }: HttpHead): Observable<Buffer> {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (status === 204 || status === 304) return EMPTY;
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new InvalidFrameError(`the coding ${coding} is not known`, 0);
    let last = false;
    return reader.pipe(
      decode(httpChunk),
      takeWhile(({ length }) => {
        last = length === 0;
        return !last;
      }),
      mustEnd(() => last),
    );
  }
  if (length === undefined) return reader;
  if (!/^\d{1,15}$/.test(length)) throw new InvalidFrameError(`${length} is no length`, 0);
  return exactly(reader, Number(length));
}

/** Exactly `size` bytes, in chunks as they arrive: a body need not fit into memory. */
function exactly(reader: StreamReader, size: number): Observable<Buffer> {
  if (size === 0) return EMPTY;
  return defer(() => {
    let left = size;
    return reader.pipe(
      decode({
        decode(buffer) {
          if (buffer.length === 0) return undefined;
          const chunk = buffer.takeChunk(left);
          left -= chunk.length;
          return chunk;
        },
      }),
      takeWhile(() => left > 0, true),
      mustEnd(() => left === 0),
    );
  });
}

/** Throws if the connection ended between two chunks: no frame is cut then, but the body is. */
function mustEnd(ended: () => boolean): MonoTypeOperatorFunction<Buffer> {
  return tap({
    complete() {
      if (!ended()) throw new IncompleteReadError(Buffer.alloc(0), null);
    },
  });
}

/** Asks for a path and reads the whole answer. You may use the connection again, unless the body went to its end. */
export async function get(
  { reader, writer }: Connection,
  path: string,
  host: string,
): Promise<HttpHead & { readonly chunks: Buffer[] }> {
  writer.write(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1'));
  const head = await firstValueFrom(reader.pipe(decode(httpHead)));
  const chunks = await lastValueFrom(httpBody(reader, head).pipe(toArray()));
  return { ...head, chunks };
}

export async function main(log: Log = console.log, url?: string, ...surplus: string[]): Promise<void> {
  noMore(surplus);
  if (url !== undefined) {
    const { hostname, port, pathname, search, host } = urlOf(url, ['http:']);
    const connection = await openConnection({ host: hostname, port: Number(port || 80) });
    show(log, pathname, await get(connection, pathname + search, host));
    connection.writer.close();
    await connection.writer.waitClosed();
    return;
  }

  const server = await smallHttp();
  const { port } = server.address() as AddressInfo;
  const connection = await openConnection({ host: '127.0.0.1', port });
  for (const path of ['/length', '/chunks', '/nothing', '/close']) {
    show(log, path, await get(connection, path, `127.0.0.1:${port}`));
  }
  connection.writer.close();
  await connection.writer.waitClosed();
  await server.close();
}

function show(
  log: Log,
  path: string,
  { status, reason, headers, chunks }: HttpHead & { readonly chunks: Buffer[] },
): void {
  const framing = ['content-length', 'transfer-encoding'].find((name) => headers.has(name));
  log(`GET ${path.padEnd(9)} ${status} ${reason}, ${framing ? `${framing} ${headers.get(framing)}` : 'to the end'}`);
  const body = Buffer.concat(chunks);
  if (framing === 'transfer-encoding') {
    const [first = '', ...rest] = `${body}`.split('\n');
    log(
      `   ${first} It has ${body.length} bytes in ${chunks.length} chunks, and ends with ${JSON.stringify(rest.at(-1) ?? '')}.`,
    );
  } else if (body.length > 0) {
    log(`   ${body}`);
  }
}

/** A server with an answer of each kind. */
function smallHttp(): Promise<Server> {
  const chunk = (text: string, extension = '') => `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;
  const answers: Record<string, string> = {
    '/length': 'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHello, length!',
    '/chunks':
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
      `${chunk('Hello, ')}${chunk('chunks!', ';name="value"')}${chunk(`\n${'x\n'.repeat(5000)}`)}${chunk('grüße')}` +
      '0\r\nX-Sum: 42\r\n\r\n',
    '/close': 'HTTP/1.1 200 OK\r\n\r\nGoodbye!',
  };

  async function serve({ reader, writer }: Connection): Promise<void> {
    for (;;) {
      const request = await firstValueFrom(reader.pipe(decode(httpRequest)), { defaultValue: undefined });
      if (request === undefined) return;
      writer.write(answers[request.path] ?? 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      if (request.path === '/close') return;
    }
  }

  return startServer(serve, { host: '127.0.0.1', port: 0 });
}

function* httpRequest(read: FrameReader): Generator<undefined, { path: string }, undefined> {
  const [, path = '/'] = (yield* read.line()).split(' ');
  yield* httpHeaders(read);
  return { path };
}

if (require.main === module) run(main);
