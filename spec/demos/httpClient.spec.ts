// Proves heads, chunks and bodies by their bytes, for any cut, and which input is an error; and that the demo prints
// what its header says.
import * as fc from 'fast-check';
import { lastValueFrom, toArray } from 'rxjs';
import { connectionPair, decode, InvalidFrameError, LimitOverrunError, type StreamReader } from 'rxjs-tcp';
import { type FramePair, verifyDecoder } from 'rxjs-tcp/testing';
import { get, type HttpHead, httpBody, httpChunk, httpHead, main } from '../../demos/httpClient';
import { bytes, cutsOf } from '../support/cuts';
import { failureOf } from '../support/failureOf';
import { handFed } from '../support/handFed';
import { thrownBy } from '../support/thrownBy';
import { describeDemo } from './describeDemo';

const head = (headers: Record<string, string>, status = 200): HttpHead => ({
  status,
  reason: '',
  headers: new Map(Object.entries(headers)),
});

function errorOf(generate: typeof httpHead | typeof httpChunk, text: string): unknown {
  const { reader, push } = handFed();
  let error: unknown;
  reader.pipe(decode<unknown>(generate)).subscribe({ error: (reason) => (error = reason) });
  push(bytes(text, 'latin1'));
  return error;
}

describe('the demo httpClient', () => {
  describeDemo('httpClient', main);

  it('parses response heads', () => {
    verifyDecoder(httpHead, [
      ['HTTP/1.1 200 OK\r\n\r\n', { status: 200, reason: 'OK', headers: new Map() }],
      ['HTTP/1.0 204\r\nA:1\r\n\r\n', { status: 204, reason: '', headers: new Map([['a', '1']]) }],
      [
        'HTTP/1.1 404 Not Found\r\nContent-Length: \t5 \r\nX: a\r\nx: b, c\r\nEmpty:\r\n\r\n',
        {
          status: 404,
          reason: 'Not Found',
          headers: new Map([
            ['content-length', '5'],
            ['x', 'a, b, c'],
            ['empty', ''],
          ]),
        },
      ],
    ]);
  });

  it('parses chunked bodies, and what follows the last chunk', () => {
    verifyDecoder(httpChunk, [
      ['5\r\nhello\r\n', bytes('hello')],
      ['A;name="x"\r\n0123456789\r\n', bytes('0123456789')],
      ['0002\r\n\r\n\r\n', bytes('\r\n')],
      ['0\r\n\r\n', bytes('')],
      ['1 \r\nx\r\n', bytes('x')],
      ['0;last\r\nX-Sum: 1\r\nY: 2\r\n\r\n', bytes('')],
    ]);
  });

  it('parses any chunks, for any cuts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        (chunks) => {
          const pairs = chunks.map(
            (chunk): FramePair<Buffer> => [
              Buffer.concat([bytes(`${chunk.length.toString(16)}\r\n`), chunk, bytes('\r\n')]),
              Buffer.from(chunk),
            ],
          );
          verifyDecoder(httpChunk, pairs, { cuts: 3 });
        },
      ),
      { seed: 4, numRuns: 20 },
    );
  });

  it.each<[typeof httpHead | typeof httpChunk, string]>([
    [httpHead, 'ICY 200 OK\r\n'],
    [httpHead, 'HTTP/2 200 OK\r\n'],
    [httpHead, 'HTTP/1.1 20 OK\r\n'],
    [httpHead, 'HTTP/1.1 200 OK\r\n folded\r\n'],
    [httpHead, 'HTTP/1.1 200 OK\r\nname : value\r\n'],
    [httpHead, `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(101)}`],
    [httpChunk, '\r\n'],
    [httpChunk, '-1\r\n'],
    [httpChunk, '0x5\r\n'],
    [httpChunk, '123456789\r\n'],
    [httpChunk, '5\nhello\r\n'],
    [httpChunk, '4\r\nhello\r\n'],
  ])('errors for %p %.40j', (generate, text) => {
    expect(errorOf(generate, text)).toBeInstanceOf(InvalidFrameError);
  });

  it('has limits: a chunk of 4 GiB, an endless line, endless headers', () => {
    expect(errorOf(httpChunk, 'ffffffff\r\n')).toBeInstanceOf(LimitOverrunError);
    expect(errorOf(httpChunk, '1'.repeat(2000))).toBeInstanceOf(LimitOverrunError);
    expect(errorOf(httpHead, 'x'.repeat(65_537))).toBeInstanceOf(LimitOverrunError);
  });

  describe('reads bodies', () => {
    const read = async (response: HttpHead, text: string, rest: string) => {
      for (const cut of cutsOf(bytes(text + rest), 20).slice(0, 200)) {
        const { reader, push, end } = handFed();
        const body = lastValueFrom(httpBody(reader, response).pipe(toArray()));
        push(...cut);
        end();
        const all = Buffer.concat(await body).toString();
        expect(all + reader.peek(999)).toBe((text.includes('\r\n') ? 'hello, you' : text) + rest);
      }
    };

    it('with a length, in pieces', () => read(head({ 'content-length': '10' }), 'hello, you', 'HTTP/1.1 '));
    it('with the length 0', () => read(head({ 'content-length': '0' }), '', 'HTTP/1.1 '));
    it('in chunks', () =>
      read(head({ 'transfer-encoding': 'Chunked' }), '5\r\nhello\r\n5\r\n, you\r\n0\r\n\r\n', 'HTTP'));
    it('that are empty because of their status', () => read(head({ 'content-length': '10' }, 304), '', 'HTTP/1.1 '));
    it('to the end of the connection', () => read(head({}), 'hello, you', ''));

    it('and errors for one that is cut off', async () => {
      for (const [headers, text] of [
        [{ 'content-length': '10' }, 'hello'],
        [{ 'content-length': '10' }, ''],
        [{ 'transfer-encoding': 'chunked' }, '5\r\nhel'],
        // Between two chunks, before the last one.
        [{ 'transfer-encoding': 'chunked' }, '5\r\nhello\r\n'],
        [{ 'transfer-encoding': 'chunked' }, ''],
      ] as const) {
        const { reader, push, end } = handFed();
        const body = failureOf(lastValueFrom(httpBody(reader, head({ ...headers })).pipe(toArray())));
        push(text);
        end();
        expect(await body).toMatchObject({ name: 'IncompleteReadError' });
      }
    });

    it('and errors for an unknown transfer coding', () => {
      const { reader } = handFed();
      const refuse = (headers: Record<string, string>) =>
        thrownBy(() => httpBody(reader as StreamReader, head(headers)));
      expect(refuse({ 'transfer-encoding': 'gzip, chunked' })).toBeInstanceOf(InvalidFrameError);
      expect(refuse({ 'content-length': '5, 6' })).toBeInstanceOf(InvalidFrameError);
      expect(refuse({ 'content-length': '-1' })).toBeInstanceOf(InvalidFrameError);
    });
  });

  it('sends a second request on the same connection', async () => {
    const [client, server] = connectionPair();
    server.writer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    const first = await get(client, '/a?b', 'host:1');
    expect([first.status, `${Buffer.concat(first.chunks)}`]).toEqual([200, 'hi']);
    expect(await get(client, '/c', 'host:1')).toMatchObject({ status: 404, chunks: [] });
    const said = 'GET /a?b HTTP/1.1\r\nHost: host:1\r\n\r\nGET /c HTTP/1.1\r\nHost: host:1\r\n\r\n';
    expect(`${await server.reader.readExactly(said.length)}`).toBe(said);
    client.destroy();
    server.destroy();
  });
});
