// Proves that a connection which is handed over as a Duplex keeps all promises of a connection, and those of a Duplex.
import { once } from 'node:events';
import { Agent, type ClientRequestArgs, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { firstValueFrom, of, take, timer } from 'rxjs';
import {
  type Connection,
  type ConnectionOptions,
  connect,
  connectionPair,
  lines,
  openConnection,
  ReaderBusyError,
  startServer,
  writeTo,
} from '../../src';
import { checkConnection, runMarbles } from '../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { failureOf } from '../support/failureOf';
import { thrownBy } from '../support/thrownBy';
import { transports } from '../support/transports';
import { turns, until } from '../support/until';

jest.setTimeout(20_000);

describe('Connection.toDuplex()', () => {
  describe.each(transports)('over $name', ({ name, open }) => {
    it.each(['client', 'server'] as const)('passes the checks of every connection, as %s', async (role) => {
      await checkConnection(
        async (options: ConnectionOptions) => {
          const { near, far, release } = await open(role, { far: options });
          const handed = await openConnection({ ...options, socket: near.toDuplex() });
          return [handed, far, release] as const;
        },
        { resets: name !== 'Unix' && name !== 'memory' },
      );
    });
  });

  it('delivers the unread bytes first', async () => {
    const [near, far] = connectionPair();
    far.writer.write('line\nrest');
    expect(`${await near.reader.readLine()}`).toBe('line\n');
    const duplex = near.toDuplex();
    far.writer.write(' and more');
    far.writer.writeEof();
    const chunks: Buffer[] = [];
    for await (const chunk of duplex) chunks.push(chunk);
    expect(`${Buffer.concat(chunks)}`).toBe('rest and more');
  });

  it('makes reader and writer busy', async () => {
    const [near, far] = connectionPair();
    const duplex = near.toDuplex();
    expect(await failureOf(near.reader.readLine())).toBeInstanceOf(ReaderBusyError);
    const refused = new TypeError('Cannot write: the connection was handed over by toDuplex()');
    expect(thrownBy(() => near.writer.write('x'))).toEqual(refused);
    expect(thrownBy(() => near.writer.writeLines(['x']))).toEqual(refused);
    expect(
      await failureOf(new Promise((_, reject) => of('x').pipe(writeTo(near.writer)).subscribe({ error: reject }))),
    ).toEqual(refused);
    expect(thrownBy(() => near.toDuplex())).toBeInstanceOf(ReaderBusyError);
    const closed = once(duplex, 'close');
    duplex.end('y');
    far.writer.write('z');
    far.writer.writeEof();
    duplex.resume();
    expect(`${await far.reader.readAll()}`).toBe('y');
    await closed;
    expect(thrownBy(() => near.toDuplex())).toEqual(
      new TypeError('Cannot hand over by toDuplex(): the connection was handed over before'),
    );
  });

  it('takes over inside a delivery, when the read that delivers is over with it', async () => {
    const [near, far] = connectionPair();
    far.writer.write('head\nbody');
    far.writer.writeEof();
    const duplex = await new Promise<Duplex>((resolve) => {
      near.reader.pipe(lines(), take(1)).subscribe(() => resolve(near.toDuplex()));
    });
    expect(`${await text(duplex)}`).toBe('body');
  });

  it('leaves the connection alone if the read that delivers goes on', async () => {
    const [near, far] = connectionPair();
    const seen: string[] = [];
    let refused: Promise<unknown> | undefined;
    near.reader.pipe(lines()).subscribe((line) => {
      seen.push(line);
      refused ??= failureOf(text(near.toDuplex()));
    });
    far.writer.write('one\ntwo\n');
    await far.writer.flush();
    await until('both lines are read', () => seen.length === 2);
    expect(await refused).toBeInstanceOf(ReaderBusyError);
    near.writer.write('still mine');
    near.writer.writeEof();
    expect(`${await far.reader.readAll()}`).toBe('still mine');
  });

  it('holds the peer while nobody reads, with bounded memory', async () => {
    const [near, far] = connectionPair({ limit: 1024, capacity: 1024 });
    const duplex = near.toDuplex();
    let sent = 0;
    for (; far.writer.write(Buffer.alloc(512)) && sent < 1000; sent++) await turns(1);
    await turns(10);
    expect(near.reader.bufferedAmount + duplex.readableLength).toBeLessThan(4096);
    expect(far.writer.bufferedAmount).toBeGreaterThan(0);
    duplex.resume();
    await far.writer.flush();
    duplex.destroy();
  });

  it('holds its writer while the peer does not read, and calls back once the kernel has the bytes', async () => {
    const [near, far] = connectionPair({ capacity: 1024 });
    const duplex = near.toDuplex();
    let done = false;
    expect(duplex.write(Buffer.alloc(1024 * 1024), () => (done = true))).toBe(false);
    await turns(5);
    expect(done).toBe(false);
    const drained = once(duplex, 'drain');
    expect((await far.reader.readExactly(1024 * 1024)).length).toBe(1024 * 1024);
    await drained;
    expect(done).toBe(true);
    duplex.destroy();
  });

  it('emits a reset of the peer behind the bytes that arrived, and as the untouched error', async () => {
    const [near, far] = connectionPair();
    const duplex = near.toDuplex();
    far.writer.write('last words');
    await far.writer.flush();
    far.reset();
    await near.closed;
    const chunks: Buffer[] = [];
    const error = await failureOf(
      (async () => {
        for await (const chunk of duplex) chunks.push(chunk);
      })(),
    );
    expect(`${Buffer.concat(chunks)}`).toBe('last words');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each<[string, (near: Connection) => unknown, unknown]>([
    ['destroy()', (near) => near.destroy(), undefined],
    ['destroy(reason)', (near) => near.destroy(new Error('enough')), new Error('enough')],
    ['close()', (near) => near.close({ timeout: 1 }), undefined],
  ])('is destroyed by %s of the connection, with an error only for a reason', async (_, end, reason) => {
    const [near] = connectionPair();
    const duplex = near.toDuplex();
    const errors: unknown[] = [];
    duplex.on('error', (error) => errors.push(error));
    let ended = false;
    duplex.on('end', () => (ended = true));
    duplex.resume();
    void end(near);
    if (!duplex.closed) await once(duplex, 'close').catch(() => {});
    expect(errors).toEqual(reason === undefined ? [] : [reason]);
    expect(ended).toBe(false);
  });

  it('ends the connection when it is destroyed, with its error', async () => {
    const [near, far] = connectionPair();
    const reason = new Error('no more');
    const duplex = near.toDuplex().on('error', () => {});
    duplex.write('dropped');
    duplex.destroy(reason);
    expect(await near.closed).toEqual({ by: 'local', error: reason });
    await far.close();
    expect(duplex.destroyed).toBe(true);
  });

  it('keeps its side open after the FIN of the peer, also on a connection of connect', async () => {
    const server = await startServer(
      async ({ reader, writer }) => {
        writer.write('question\n');
        writer.writeEof();
        answer = `${await reader.readAll()}`;
      },
      { host: '127.0.0.1', port: 0 },
    );
    let answer = '';
    await new Promise<void>((resolve, reject) => {
      connect({ host: '127.0.0.1', port: server.port }).subscribe({
        next: (connection) => {
          const duplex = connection.toDuplex();
          duplex.on('end', () => void turns(20).then(() => duplex.end('answer'))).resume();
        },
        error: reject,
        complete: resolve,
      });
    });
    await server.close();
    expect(answer).toBe('answer');
  });

  it('has the addresses of the connection, and tells TLS', async () => {
    const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer)), {
      host: '127.0.0.1',
      port: 0,
      tls: SERVER_TLS,
    });
    const connection = await openConnection({ host: '127.0.0.1', port: server.port, tls: CLIENT_TLS });
    const duplex = connection.toDuplex();
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = connection;
    expect(duplex).toMatchObject({ localAddress, localPort, remoteAddress, remotePort, remoteFamily, encrypted: true });
    duplex.destroy();
    await server.close();
  });

  it('serves node:http behind the bytes that were read before', async () => {
    const http = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => response.end(`${request.method} ${request.url} ${body} ${request.socket.remoteAddress}`));
    });
    const server = await startServer(
      async (connection) => {
        expect(`${await connection.reader.readLine()}`).toBe('PREFACE\n');
        http.emit('connection', connection.toDuplex());
        await connection.closed;
      },
      { host: '127.0.0.1', port: 0 },
    );
    const { reader, writer } = await openConnection({ host: '127.0.0.1', port: server.port });
    writer.write('PREFACE\nPOST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody');
    expect(`${await reader.readAll()}`).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\nPOST \/a body 127.0.0.1$/s);
    writer.close();
    await server.close();
    http.close();
  });

  it('is kept by an agent of node:http between two requests', async () => {
    const http = createServer((asked, response) => response.end(`${asked.url} ${asked.socket.remotePort}`));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const { port } = http.address() as AddressInfo;
    const made: Connection[] = [];
    class Handing extends Agent {
      override createConnection(_: ClientRequestArgs, done: (error: Error | null, socket: Duplex) => void): undefined {
        void openConnection({ host: '127.0.0.1', port }).then((connection) => {
          made.push(connection);
          done(null, connection.toDuplex());
        });
      }
    }
    const agent = new Handing({ keepAlive: true, timeout: 60_000, maxSockets: 1 });
    const ask = async (path: string) => {
      const [response] = await once(request({ agent, path }).end(), 'response');
      return await text(response);
    };
    const answers = [await ask('/1'), await ask('/2')];
    expect(made).toHaveLength(1);
    expect(answers).toEqual([`/1 ${made[0]!.localPort}`, `/2 ${made[0]!.localPort}`]);
    agent.destroy();
    await made[0]!.closed;
    await new Promise((resolve) => http.close(resolve));
  });

  it("emits 'timeout' after silence, as a socket does, and stays open", () =>
    runMarbles(async () => {
      const [near, far] = connectionPair();
      const duplex = near.toDuplex() as Socket;
      duplex.resume();
      const silent: number[] = [];
      const begun = Date.now();
      const sleep = (time: number) => firstValueFrom(timer(time));
      expect(duplex.setTimeout(100, () => silent.push(Date.now() - begun))).toBe(duplex);
      duplex.on('timeout', () => silent.push(Date.now() - begun));
      await sleep(60);
      far.writer.write('x');
      await sleep(60);
      duplex.write('y');
      await sleep(99);
      expect(silent).toEqual([]);
      await sleep(2);
      expect(silent).toEqual([220, 220]);
      duplex.setTimeout(0);
      far.writer.write('x');
      await sleep(1000);
      expect(silent).toHaveLength(2);
      expect(thrownBy(() => duplex.setTimeout(-1))).toBeInstanceOf(RangeError);
      duplex.setTimeout(10);
      duplex.destroy();
      await near.closed;
      far.destroy();
    }));

  it('passes what a socket is told on to its socket, if it has one', async () => {
    const told: unknown[] = [];
    const server = await startServer(({ closed }) => closed, { host: '127.0.0.1', port: 0 });
    const connection = await openConnection({ host: '127.0.0.1', port: server.port });
    const socket = connection.writer.getExtraInfo('socket') as Socket;
    const duplex = connection.toDuplex() as Socket;
    for (const name of ['setKeepAlive', 'setNoDelay', 'ref', 'unref'] as const) {
      jest.spyOn(socket, name).mockImplementation((...args: unknown[]) => {
        told.push([name, ...args]);
        return socket;
      });
    }
    expect(duplex.setKeepAlive(true, 1000).setNoDelay(false).unref().ref()).toBe(duplex);
    expect(told).toEqual([['setKeepAlive', true, 1000], ['setNoDelay', false], ['unref'], ['ref']]);
    duplex.destroy();
    await server.close();

    const [near, far] = connectionPair();
    const inMemory = near.toDuplex() as Socket;
    expect(inMemory.setKeepAlive(true).setNoDelay().ref().unref()).toBe(inMemory);
    inMemory.destroy();
    far.destroy();
  });
});
