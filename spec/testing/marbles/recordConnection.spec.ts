// Proves that a recording of a live socket has its bytes, that a replay of it gives the same result, and that a
// recording is bounded.
import { concatMap, delay, map, type Observable, of, tap } from 'rxjs';
import {
  type Connection,
  connectionPair,
  lines,
  openConnection,
  readAll,
  type Server,
  startServer,
  writeTo,
} from '../../../src';
import {
  hex,
  type MarbleChunks,
  MarbleScheduler,
  marbleConnection,
  type PeerScript,
  recordConnection,
  runMarbles,
  scriptedPeer,
} from '../../../src/testing';
import { CLIENT_TLS, SERVER_TLS } from '../../support/certificates';
import { failureOf } from '../../support/failureOf';
import { portOf } from '../../support/portOf';
import { turns, until } from '../../support/until';

const HOST = '127.0.0.1';

/** The code under test: asks, and asks again after each answer; ends after the third answer. */
function ask({ reader, writer }: Connection): Observable<string> {
  writer.write('1\r\n');
  return reader.pipe(
    lines(),
    tap((line) => {
      if (line.length < 6) writer.write(`${line.length}\r\n`);
      else writer.writeEof();
    }),
  );
}

/** The server for it: answers with one more byte, slowly, cut anywhere. */
const answering = () =>
  startServer(
    ({ reader, writer }) =>
      reader.pipe(
        lines(),
        concatMap((line) =>
          of('x'.repeat(2 * Number(line)), '\r\n').pipe(concatMap((part) => of(part).pipe(delay(3)))),
        ),
        writeTo(writer),
      ),
    { host: HOST, port: 0 },
  );

/** The printed recording, evaluated as in the file of a user. */
function pasted(code: string): { incoming: string; written: string; values: MarbleChunks } {
  return new Function('hex', `${code} return { incoming, written, values };`)(hex);
}

describe('recordConnection', () => {
  let server: Server;
  afterEach(() => server?.close());

  it('records a live connection, and its replay has the same lines and bytes', async () => {
    server = await answering();
    const client = await openConnection({ host: HOST, port: portOf(server) });
    const recording = recordConnection(client);
    const live: string[] = [];
    await ask(client).forEach((line) => void live.push(line));
    await client.closed;
    expect(live).toEqual(['xx', 'xxxx', 'xxxxxxxx']);

    const { incoming, written, values } = pasted(recording.toMarbles());
    expect({ incoming, written }).toEqual({ incoming: recording.incoming, written: recording.written });
    expect(recording.truncated).toBe(false);
    const time = timeOf(incoming);
    runMarbles(({ connection, expectObservable }) => {
      const replay = connection(incoming, values);
      const lines: string[] = [];
      ask(replay).subscribe({ next: (line) => lines.push(line), complete: () => expect(lines).toEqual(live) });
      expectObservable(replay.written$.pipe(readAll(), map(String))).toBe(`${time}(a|)`, {
        a: '1\r\n2\r\n4\r\n',
      });
    });
  });

  /** Until the last letter of a diagram, which brings the last line: FIN of the replay comes in its frame. */
  function timeOf(incoming: string): string {
    const scheduler = new MarbleScheduler();
    let last = 0;
    scheduler.run(({ cold }) => {
      cold(incoming).subscribe(() => {
        last = scheduler.now();
      });
    });
    return `${last}ms `;
  }

  it('records a script too, for async code', async () => {
    const talk = async ({ reader, writer }: Connection) => {
      const greeting = await reader.readLine();
      writer.writeLines(['name\n', Buffer.from([0, 1])]);
      const size = (await reader.readExactly(1)).readUInt8();
      return `${greeting}${await reader.readExactly(size)}`;
    };
    server = await startServer(
      async ({ reader, writer }) => {
        writer.write('hello\n');
        await reader.readExactly(7);
        writer.write(Buffer.from('\x04body'));
      },
      { host: HOST, port: 0 },
    );
    const client = await openConnection({ host: HOST, port: portOf(server) });
    const recording = recordConnection(client);
    expect(await talk(client)).toBe('hello\nbody');
    await client.close();
    const code = recording.toScript();
    expect(`${recording}`).toBe(code);
    expect(code.split('\n').slice(0, 4)).toEqual([
      'const peer = scriptedPeer()',
      "  .sends('hello\\n')",
      "  .receives('name\\n\\x00\\x01')",
      "  .sends('\\x04body')",
    ]);
    const play = () => new Function('scriptedPeer', 'hex', `${code} return peer;`)(scriptedPeer, hex) as PeerScript;
    const peer = play();
    const replay = peer.connect();
    expect(await talk(replay)).toBe('hello\nbody');
    await replay.close();
    await peer.done;
    const other = play();
    const wrong = other.connect();
    wrong.writer.write('nome\n');
    await wrong.closed;
    expect(await failureOf(other.done)).toMatchObject({
      message: expect.stringContaining("byte 1 is 6f 'o', not 61 'a'"),
    });
  });

  it('is exact in virtual time: the recording of a replay is the same again', () => {
    const values = { a: 'PI', b: ['NG\r\n', 'x'], c: hex`00 01`, d: 'one', e: 'two' };
    const scheduler = new MarbleScheduler();
    scheduler.run(({ cold, flush }) => {
      const replay = marbleConnection(scheduler, 'a 12ms b--c 1s |', values);
      const recording = recordConnection(replay);
      cold('--d 30ms (de|)', { d: values.d, e: values.e }).subscribe(replay.writer);
      flush();
      expect(recording.toMarbles().split('\n')).toEqual([
        "const incoming = 'a 12ms b--c 1000ms |';",
        "const written = '--d 30ms (e|)';",
        'const values = {',
        "  a: 'PI',",
        "  b: ['NG\\r\\n', 'x'],",
        '  c: hex`00 01`,',
        "  d: 'one',",
        "  e: 'onetwo',",
        '};',
        '',
      ]);
    });
  });

  it('starts with unread bytes, and leaves out bytes written before', async () => {
    const [near, far] = connectionPair();
    far.writer.write('before');
    near.writer.write('early');
    await turns(2);
    near.writer.write('and late');
    // Each reading of the clock is a millisecond later, as on a busy machine.
    let time = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => time++);
    const recording = recordConnection(near);
    clock.mockRestore();
    near.writer.write(', recorded');
    await near.writer.flush();
    expect(pasted(recording.toMarbles())).toMatchObject({ incoming: 'a', values: { a: 'before', b: ', recorded' } });
    near.destroy();
    far.destroy();
  });

  it('leaves the connection untouched: unread bytes stay, and its reader and writer miss nothing', async () => {
    const [near, far] = connectionPair();
    const recording = recordConnection(near);
    far.writer.write('one\ntwo\n');
    await until('it has arrived', () => near.reader.bufferedAmount === 8);
    const buffer = Buffer.from('x');
    near.writer.write(buffer);
    await near.writer.flush();
    buffer.fill('y');
    const line = await near.reader.readLine();
    line.fill('z');
    expect(Object.values(recording.values).map(String)).toEqual(['one\ntwo\n', 'x']);
    near.destroy();
    far.destroy();
  });

  it.each<[string, (near: Connection, far: Connection) => unknown, string, string, string | undefined]>([
    ['FIN of the peer', (_, far) => far.writer.writeEof(), '|', '', undefined],
    ['FIN of ours', (near) => near.writer.writeEof(), '', '|', undefined],
    ['FIN of both', (...both) => both.map(({ writer }) => writer.writeEof()), '|', '|', undefined],
    ['a reset by the peer', (_, far) => far.reset(), '#', '#', 'read ECONNRESET'],
    ['an end of ours', (near) => near.destroy(new Error('enough')), '', '#', 'enough'],
  ])('records %s', async (_, end, incoming, written, reason) => {
    const [near, far] = connectionPair();
    const recording = recordConnection(near);
    end(near, far);
    await turns(5);
    const marbles = (diagram: string) => diagram.replaceAll(/\d+ms |-/g, '');
    expect([marbles(recording.incoming), marbles(recording.written)]).toEqual([incoming, written]);
    expect((recording.error as Error | undefined)?.message).toBe(reason);
    const steps = [...recording.toScript().matchAll(/\.(\w+)\(\);?$/gm)].map(([, step]) => step);
    expect(steps.sort()).toEqual(
      [{ '|': 'fin', '#': 'reset' }[incoming], { '|': 'receivesFin' }[written]].filter(Boolean).sort(),
    );
    near.destroy();
    far.destroy();
  });

  it('keeps at most its limit, and says so', async () => {
    const [near, far] = connectionPair();
    const recording = recordConnection(near, { limit: 10 });
    far.writer.write('123456');
    await turns(2);
    near.writer.write('abcdef');
    await near.writer.flush();
    far.writer.write('more');
    near.writer.write('more');
    far.writer.writeEof();
    await turns(5);
    expect(recording.truncated).toBe(true);
    expect(Object.values(recording.values).map(String)).toEqual(['123456', 'abcd']);
    expect(`${recording}`.split('\n')[0]).toBe('// Cut off after 10 bytes.');
    expect(recording.incoming).not.toContain('|');
    expect(recording.toScript()).toBe(
      "// Cut off after 10 bytes.\nconst peer = scriptedPeer()\n  .sends('123456')\n  .receives('abcd');\n",
    );
    expect(() => recordConnection(near, { limit: 0 })).toThrow(RangeError);
    near.destroy();
    far.destroy();
  });

  it('copies nothing and leaves nothing on the connection once it is full, or stopped', async () => {
    for (const limit of [10, 1000]) {
      const [near, far] = connectionPair();
      const recording = recordConnection(near, { limit });
      expect(near.onlooker?.size).toBe(1);
      near.writer.write('0123456789');
      await near.writer.flush();
      if (limit === 10) far.writer.write('x');
      else recording.stop();
      await turns(2);
      expect(near.onlooker).toBe(undefined);
      expect(recording.truncated).toBe(limit === 10);
      far.writer.write('more');
      near.writer.write('more');
      await turns(2);
      expect(recording.toScript()).toMatch(
        /^(\/\/.*\n)?const peer = scriptedPeer\(\)\n {2}\.receives\('0123456789'\);\n$/,
      );
      recording.stop();
      near.destroy();
      far.destroy();
    }
  });

  it('takes off what it watches with, also if other code watches too', async () => {
    const [near, far] = connectionPair();
    const first = recordConnection(near);
    const second = recordConnection(near);
    far.writer.write('a');
    await until('it has arrived', () => near.bytesRead === 1);
    first.stop();
    far.writer.write('b');
    await until('it has arrived', () => near.bytesRead === 2);
    second.stop();
    far.writer.write('c');
    await until('it has arrived', () => near.bytesRead === 3);
    expect(
      [first, second].map((one) =>
        [...one.toScript().matchAll(/sends\('(\w+)'\)/g)].map(([, bytes]) => bytes).join(''),
      ),
    ).toEqual(['a', 'ab']);
    near.destroy();
    far.destroy();
  });

  it('puts what was written before an answer before it, also if the kernel has it later, and leaves out what was never sent', async () => {
    const [near, far] = connectionPair({ capacity: 4, limit: 10 });
    near.writer.write('x'.repeat(100));
    await turns(2);
    const recording = recordConnection(near);
    near.writer.write('request');
    far.writer.write('answer');
    await near.reader.readExactly(6);
    expect(near.writer.bufferedAmount).toBe(7);
    await far.reader.readExactly(107);
    await near.writer.flush();
    near.writer.write('sent, and not seen');
    await turns(2);
    near.writer.write('never sent');
    near.destroy();
    await near.closed;
    far.destroy();
    expect(recording.toScript()).toMatch(/\.receives\('request'\)\n {2}\.sends\('answer'\)/);
    expect(recording.toScript()).not.toContain('never');
  });

  describe('of a conversation with STARTTLS', () => {
    const talk = async (connection: Connection) => {
      const { reader, writer } = connection;
      const lines = [`${await reader.readLine()}`];
      writer.write('STARTTLS\r\n');
      lines.push(`${await reader.readLine()}`);
      await connection.startTls({ ...CLIENT_TLS });
      writer.write('EHLO me\r\n');
      lines.push(`${await reader.readLine()}`);
      await connection.close();
      return lines;
    };
    const expected = ['220 hi\r\n', '220 go\r\n', '250 secret\r\n'];
    const serving = async (connection: Connection) => {
      const { reader, writer } = connection;
      writer.write('220 hi\r\n');
      await reader.readLine();
      writer.write('220 go\r\n');
      await writer.flush();
      await connection.startTls({ side: 'server', ...SERVER_TLS });
      await reader.readLine();
      writer.write('250 secret\r\n');
    };
    const scripted = (code: string) =>
      new Function('scriptedPeer', 'hex', `${code} return peer;`)(scriptedPeer, hex) as PeerScript;

    it('has the plain bytes of both sides, and replays in memory', async () => {
      const recordings: ReturnType<typeof recordConnection>[] = [];
      server = await startServer(
        (connection) => {
          recordings.push(recordConnection(connection));
          return serving(connection);
        },
        { host: HOST, port: 0 },
      );
      const client = await openConnection({ host: HOST, port: portOf(server) });
      const recording = recordConnection(client);
      expect(await talk(client)).toEqual(expected);
      await server.close();
      const code = recording.toScript();
      expect(code.split('\n').slice(1, 7)).toEqual([
        "  .sends('220 hi\\r\\n')",
        "  .receives('STARTTLS\\r\\n')",
        "  .sends('220 go\\r\\n')",
        '  .startTls()',
        "  .receives('EHLO me\\r\\n')",
        "  .sends('250 secret\\r\\n')",
      ]);
      const peer = scripted(code);
      expect(await talk(peer.connect())).toEqual(expected);
      await peer.done;

      const other = scripted((recordings[0] as (typeof recordings)[0]).toScript());
      const near = other.connect();
      await serving(near);
      await near.close();
      await other.done;
    });

    it('replays by marbles too: a handshake is done at once', () => {
      runMarbles(({ connection, expectObservable }) => {
        const near = connection('a--b--c', { a: '220 go\n', b: 'b\n', c: 'c\n' });
        const seen = near.reader.pipe(
          lines(),
          tap((line) => line === '220 go' && void near.startTls({ ...CLIENT_TLS, servername: 'localhost' })),
        );
        expectObservable(seen).toBe('a--b--c', { a: '220 go', b: 'b', c: 'c' });
      });
    });

    it('fails a script whose other side goes on in the clear, or not at all', async () => {
      const peer = scriptedPeer({ timeout: 50 }).startTls().receives('x');
      const other = peer.connect();
      other.writer.write('plain\n');
      expect(await failureOf(peer.done)).toMatchObject({
        message: expect.stringContaining(
          "step 1 of 2, startTls: Error: Cannot start TLS: 'plain\\n' came in the clear",
        ),
      });
      const silent = scriptedPeer({ timeout: 5 }).startTls();
      silent.connect();
      expect(await failureOf(silent.done)).toMatchObject({
        message: expect.stringContaining('the other side has not upgraded to TLS in 5 ms'),
      });
    });
  });

  it('has a letter for each of more than 62 different chunks, and the same letter for equal ones', () => {
    const scheduler = new MarbleScheduler();
    scheduler.run(({ flush }) => {
      const chunks = Array.from({ length: 300 }, (_, i) => `chunk ${i % 150}`);
      const bytes = of(...chunks).pipe(concatMap((chunk) => of(Buffer.from(chunk)).pipe(delay(7))));
      const recording = recordConnection(marbleConnection(scheduler, bytes));
      flush();
      const { incoming, values } = pasted(recording.toMarbles());
      expect(Object.keys(values)).toHaveLength(150);
      const replayed: string[] = [];
      marbleConnection(scheduler, incoming, values).reader.subscribe((chunk) => replayed.push(`${chunk}`));
      flush();
      expect(replayed).toEqual(chunks);
    });
  });

  it('records the bytes inside TLS, not the encrypted ones', async () => {
    server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer, { end: true })), {
      host: HOST,
      port: 0,
      tls: SERVER_TLS,
    });
    const client = await openConnection({ host: HOST, port: portOf(server), tls: CLIENT_TLS });
    const recording = recordConnection(client);
    client.writer.write('secret\n');
    client.writer.writeEof();
    expect(`${await client.reader.readAll()}`).toBe('secret\n');
    await client.closed;
    expect(Object.values(recording.values).map(String)).toEqual(['secret\n']);
  });
});
