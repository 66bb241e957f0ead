// Proves that no plaintext reaches a read once startTls has been called: for any active read, on either side, with TLS
// 1.2 and 1.3, and whether the bytes came with the command, after it, or while the bytes written before were sent.
import { type Duplex, getDefaultHighWaterMark } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { ignoreElements, map, mergeMap, NEVER, type Observable, retry, share, tap } from 'rxjs';
import {
  backpressure,
  type Connection,
  type ConnectionOptions,
  concatMapPausing,
  decode,
  eachValueFrom,
  type FrameReader,
  lines,
  openConnection,
  read,
  type StartTlsOptions,
  StreamReader,
} from '../../src';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { duplexPair } from '../support/duplexPair';
import { failureOf } from '../support/failureOf';
import { noUnhandledRejections } from '../support/noUnhandledRejections';
import { turns, until } from '../support/until';

noUnhandledRejections();

/** More than the kernel takes while the peer does not read: later bytes have not left. */
const STALL = Buffer.alloc(64 * 1024, '.');

/** A short reply, which leaves at the end of the turn. */
const REPLY = Buffer.from('220 go\n');

/** The peer reads that many bytes, and none after them. */
async function take(far: Duplex, bytes: Buffer): Promise<void> {
  let left = bytes.length;
  await until('it is taken', () => {
    const chunk: Buffer | null = far.readableLength > 0 ? far.read(Math.min(left, far.readableLength)) : far.read(0);
    left -= chunk?.length ?? 0;
    return left === 0;
  });
}

/** A TLS client on its own stream, whose first bytes and then all others are passed on when the spec says so. */
async function withheldClient(far: Duplex, versions: object = {}) {
  const [inner, outer] = duplexPair();
  const secure = connectTls({ socket: inner, ...CLIENT_TLS, ...versions }, () => secure.write('EHLO\n'));
  secure.on('error', () => {});
  const hello = await new Promise<Buffer>((resolve) => void outer.once('data', resolve));
  const join = () => {
    outer.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => outer.write(chunk));
  };
  return { secure, hello, join };
}

/** One way to read lines. It calls back for each, and reads on; `'# code'` is an error, `'|'` the end. */
type Reading = (connection: Connection, onLine: (line: string) => void) => void;

const subscribed =
  (read: (connection: Connection) => Observable<string>): Reading =>
  (connection, onLine) => {
    read(connection).subscribe({
      next: onLine,
      error: (error: NodeJS.ErrnoException) => onLine(`# ${error.code}`),
      complete: () => onLine('|'),
    });
  };

const awaited =
  (read: (connection: Connection, onLine: (line: string) => void) => Promise<void>): Reading =>
  (connection, onLine) => {
    read(connection, onLine).then(
      () => onLine('|'),
      (error: NodeJS.ErrnoException) => onLine(`# ${error.code}`),
    );
  };

const readings: [string, Reading][] = [
  ['a subscription to lines()', subscribed(({ reader }) => reader.pipe(lines()))],
  ['a subscription to a generator', subscribed(({ reader }) => reader.pipe(decode(lineGenerator)))],
  [
    'a loop of promises',
    awaited(async ({ reader }, onLine) => {
      for (let line = await reader.readLine(); line.length > 0; line = await reader.readLine()) {
        onLine(`${line}`.trim());
      }
    }),
  ],
  [
    'eachValueFrom',
    awaited(async ({ reader }, onLine) => {
      for await (const line of eachValueFrom(reader.pipe(lines()))) onLine(line);
    }),
  ],
  [
    'eachValueFrom of a generator',
    awaited(async ({ reader }, onLine) => {
      for await (const line of eachValueFrom(reader.pipe(decode(lineGenerator), map(String)))) onLine(line);
    }),
  ],
];

function* lineGenerator(read: FrameReader) {
  return yield* read.line();
}

const versions: SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const rows = versions.flatMap((version) => readings.map(([name, reading]) => ({ version, name, reading })));

describe.each(rows)('startTls with $version and $name', ({ version, reading }) => {
  const only = { minVersion: version, maxVersion: version };
  let near: Connection;
  let far: Duplex;
  let secure: TLSSocket | undefined;
  let seen: string[];

  async function open(options: ConnectionOptions = {}) {
    const [one, other] = duplexPair();
    far = other.on('error', () => {});
    near = await openConnection({ socket: one, ...options });
    seen = [];
    secure = undefined;
  }

  afterEach(async () => {
    secure?.destroy();
    near.destroy();
    far.destroy();
    await near.closed;
  });

  /** Reads on, and upgrades at a line. Returns the result of the upgrade. */
  function upgradeAt(command: string, options: StartTlsOptions, before: () => void = () => {}) {
    return new Promise<'secure' | NodeJS.ErrnoException>((resolve) => {
      reading(near, (line) => {
        seen.push(line);
        if (line !== command) return;
        before();
        near.startTls({ ...only, ...options }).then(() => resolve('secure'), resolve);
      });
    });
  }

  const seenUntil = (what: string) => until(`${what} is read`, () => seen.includes(what));

  describe('as a server', () => {
    const server: StartTlsOptions = { ...SERVER_TLS, side: 'server' };

    it('obeys no command in the same segment: it goes to the handshake, which fails', async () => {
      await open();
      const upgrading = upgradeAt('STARTTLS', server, () => near.writer.write(REPLY));
      far.write('NOOP\nSTARTTLS\nMAIL FROM:<evil>\nRCPT TO:');
      far.resume();
      expect(await upgrading).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
      await until('the read rejects', () => seen.length > 2);
      expect(seen).toEqual(['NOOP', 'STARTTLS', expect.stringMatching(/^# ERR_SSL_/)]);
      expect(await near.closed).toMatchObject({ by: 'error' });
    });

    it('drops injected commands with discard, and reads on with encrypted bytes', async () => {
      await open();
      const peer = await withheldClient(far, only);
      secure = peer.secure;
      const upgrading = upgradeAt('STARTTLS', { ...server, pending: 'discard' }, () => near.writer.write(REPLY));
      far.write('NOOP\nSTARTTLS\nMAIL FROM:<evil>\nRCPT TO:');
      await take(far, REPLY);
      await turns(2);
      far.write(peer.hello);
      peer.join();
      expect(await upgrading).toBe('secure');
      await seenUntil('EHLO');
      expect(seen).toEqual(['NOOP', 'STARTTLS', 'EHLO']);
    });

    it('obeys no command that arrives while the reply is sent', async () => {
      await open();
      const upgrading = upgradeAt('STARTTLS', server, () => near.writer.write(STALL));
      far.write('STARTTLS\n');
      await seenUntil('STARTTLS');
      const before = near.bytesRead;
      far.write('MAIL FROM:<evil>\n');
      await until('it has arrived', () => near.bytesRead > before);
      await turns(3);
      expect(seen).toEqual(['STARTTLS']);
      far.resume();
      expect(await upgrading).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
      expect(seen).not.toContain('MAIL FROM:<evil>');
    });

    it('drops a command that arrives while the reply is sent, with discard', async () => {
      await open();
      const peer = await withheldClient(far, only);
      secure = peer.secure;
      const options: StartTlsOptions = { ...server, pending: 'discard' };
      const upgrading = upgradeAt('STARTTLS', options, () => near.writer.write(STALL));
      far.write('STARTTLS\n');
      await seenUntil('STARTTLS');
      far.write('MAIL FROM:<evil>\n');
      await take(far, STALL);
      await turns(3);
      far.write(peer.hello);
      peer.join();
      expect(await upgrading).toBe('secure');
      await seenUntil('EHLO');
      expect(seen).toEqual(['STARTTLS', 'EHLO']);
    });

    it.each<[string, ConnectionOptions, Buffer]>([
      ['of the same segment', {}, REPLY],
      ['of the same segment, above the limit at which the stream is paused', { limit: 16 }, REPLY],
      ['that arrives while the reply is sent', {}, STALL],
    ])('passes the beginning of one %s to its handshake', async (_, options, reply) => {
      await open(options);
      const peer = await withheldClient(far, only);
      const { hello } = peer;
      secure = peer.secure;
      const upgrading = upgradeAt('STARTTLS', server, () => near.writer.write(reply));
      if (reply === REPLY) {
        far.write(Buffer.concat([Buffer.from('STARTTLS\n'), hello]));
      } else {
        far.write('STARTTLS\n');
        await seenUntil('STARTTLS');
        far.write(hello);
        await until('it has arrived', () => near.bytesRead === 9 + hello.length);
      }
      await take(far, reply);
      peer.join();
      expect(await upgrading).toBe('secure');
      await seenUntil('EHLO');
      expect(seen).toEqual(['STARTTLS', 'EHLO']);
    });
  });

  describe('as a client', () => {
    const client: StartTlsOptions = { ...CLIENT_TLS, side: 'client' };

    /** The peer's server answers the handshake. */
    function shakeHands(): void {
      createTlsServer({ ...SERVER_TLS, ...only }, (socket) => {
        secure = socket.on('error', () => {});
        socket.write('secure\n');
      }).emit('connection', far);
    }

    it.each<[string, string, number]>([
      ['a whole line', '250 injected\n', 13],
      ['half a line', '250 inj', 7],
    ])('rejects %s in the same segment, and leaves the connection as it is', async (_, injected, pending) => {
      await open();
      const upgrading = upgradeAt('220 go', client);
      far.write(`220 go\n${injected}`);
      expect(await upgrading).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending });
      far.write(injected.endsWith('\n') ? '221 more\n' : 'ected\n221 more\n');
      await seenUntil('221 more');
      expect(seen).toEqual(['220 go', '250 injected', '221 more']);
      near.writer.write('usable\n');
      await until('it has arrived', () => `${far.read() ?? ''}` === 'usable\n');
    });

    it('delivers nothing that arrives while the command is sent, and is destroyed', async () => {
      await open();
      const upgrading = upgradeAt('220 go', client, () => near.writer.write(STALL));
      far.write('220 go\n');
      await seenUntil('220 go');
      far.write('250 injected\n');
      await until('it has arrived', () => near.bytesRead === 20);
      await turns(3);
      expect(seen).toEqual(['220 go']);
      far.resume();
      const error = await upgrading;
      expect(error).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 13 });
      expect(await near.closed).toEqual({ by: 'error', error });
      expect(seen).toEqual(['220 go', '# ERR_PLAINTEXT_PENDING']);
    });

    it('drops such bytes with discard, and reads on with encrypted bytes', async () => {
      await open();
      const options: StartTlsOptions = { ...client, pending: 'discard' };
      const upgrading = upgradeAt('220 go', options, () => near.writer.write(STALL));
      far.write('220 go\n250 in the same segment\n');
      await seenUntil('220 go');
      far.write('250 while the command is sent\n');
      await turns(3);
      await take(far, STALL);
      shakeHands();
      expect(await upgrading).toBe('secure');
      await seenUntil('secure');
      expect(seen).toEqual(['220 go', 'secure']);
    });

    it('delivers nothing that arrives during the handshake, which fails', async () => {
      await open();
      const upgrading = upgradeAt('220 go', client);
      far.write('220 go\n');
      await until('the ClientHello is there', () => far.readableLength > 100);
      far.write('250 injected\n');
      expect(await upgrading).toMatchObject({ code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) });
      await until('the read rejects', () => seen.length > 1);
      expect(seen).toEqual(['220 go', expect.stringMatching(/^# (ERR_SSL_|EPROTO)/)]);
    });
  });

  describe.each<[string, StartTlsOptions]>([
    ['client', { ...CLIENT_TLS, side: 'client' }],
    ['server', { ...SERVER_TLS, side: 'server' }],
  ])('while a %s sends the bytes written before', (_, options) => {
    let upgrading: Promise<unknown>;

    beforeEach(async () => {
      await open();
      upgrading = upgradeAt('go', options, () => near.writer.write(STALL));
      far.write('go\n');
      await seenUntil('go');
    });

    it('treats the FIN of the peer as a failure, not as the end of a read', async () => {
      far.end();
      await turns(5);
      expect(seen).toEqual(['go']);
      far.resume();
      expect(await upgrading).toMatchObject({ code: 'ECONNRESET' });
      expect(await near.closed).toMatchObject({ by: 'reset' });
      expect(seen).toEqual(['go', '# ECONNRESET']);
    });

    it('rejects every read once with the error of the stream', async () => {
      far.write('never delivered\n');
      await turns(2);
      const broken = Object.assign(new Error('broken'), { code: 'EBROKEN' });
      (near.writer.getExtraInfo('socket') as Duplex).destroy(broken);
      expect(await upgrading).toBe(broken);
      expect(await near.closed).toEqual({ by: 'error', error: broken });
      await turns(3);
      expect(seen).toEqual(['go', '# EBROKEN']);
    });

    it('hides arriving bytes from peek() and other reads', async () => {
      far.write('in the clear\n');
      await until('it has arrived', () => near.bytesRead > 3);
      expect(near.reader.bufferedAmount).toBe(0);
      expect(near.reader.peek(9)).toHaveLength(0);
      near.destroy();
      await upgrading;
      await turns(3);
      expect(seen).toEqual(['go', '# ERR_CONNECTION_CLOSED']);
      expect(await failureOf(near.reader.read(9))).toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    });
  });
});

const handled =
  (read: (connection: Connection) => Observable<string>): Reading =>
  (connection, onLine) => {
    const handling = concatMapPausing(async (line: string) => onLine(line));
    subscribed((at) => read(at).pipe(handling, ignoreElements()))(connection, onLine);
  };

const watched = tap<Buffer>(() => {});

/** Ways to read lines that keep bytes or values after an operator, which the reader no longer has. */
const behindOperators: [string, Reading][] = [
  ['lines() behind tap', subscribed(({ reader }) => reader.pipe(watched, lines()))],
  ['lines() behind share', subscribed(({ reader }) => reader.pipe(share(), lines()))],
  ['lines() behind the parts of a chunk', subscribed(({ reader }) => reader.pipe(mergeMap(parts), lines()))],
  [
    'lines() of a reader on a mapped reader',
    subscribed(({ reader }) => StreamReader.from(reader.pipe(map((chunk) => chunk))).pipe(lines())),
  ],
  [
    'lines() of a reader on a reader on a mapped one',
    subscribed(({ reader }) => StreamReader.from(StreamReader.from(reader.pipe(watched)).pipe(watched)).pipe(lines())),
  ],
  [
    'readLine() of a reader on a mapped reader',
    awaited(async ({ reader }, onLine) => {
      const mapped = StreamReader.from(reader.pipe(map((chunk) => chunk)));
      for (let line = await mapped.readLine(); line.length > 0; line = await mapped.readLine()) {
        onLine(`${line}`.trim());
      }
    }),
  ],
  [
    'eachValueFrom of lines() behind tap',
    awaited(async ({ reader }, onLine) => {
      for await (const line of eachValueFrom(reader.pipe(watched, lines()))) onLine(line);
    }),
  ],
  [
    'eachValueFrom of the lines of a chunk',
    awaited(async ({ reader }, onLine) => {
      for await (const line of eachValueFrom(reader.pipe(read(), mergeMap(linesOf)))) onLine(line);
    }),
  ],
  ['concatMapPausing of the lines of a chunk', handled(({ reader }) => reader.pipe(read(), mergeMap(linesOf)))],
  [
    'concatMapPausing of the lines of a chunk behind tap',
    handled(({ reader }) => reader.pipe(watched, read(), mergeMap(linesOf))),
  ],
];

/** A chunk, cut after each of its lines. */
const parts = (chunk: Uint8Array) => linesOf(chunk).map((line) => Buffer.from(`${line}\n`));

const linesOf = (chunk: Uint8Array) => Buffer.from(chunk).toString().trim().split('\n');

describe.each(behindOperators)('startTls with %s', (_, reading) => {
  let near: Connection;
  let far: Duplex;
  let seen: string[];

  beforeEach(async () => {
    const [one, other] = duplexPair();
    far = other.on('error', () => {});
    near = await openConnection({ socket: one });
    seen = [];
  });

  afterEach(async () => {
    near.destroy();
    far.destroy();
    await near.closed;
  });

  /** Reads on, and upgrades at a line. Returns the result of the upgrade. */
  function upgradeAt(command: string, options: StartTlsOptions) {
    return new Promise<'secure' | NodeJS.ErrnoException>((resolve) => {
      reading(near, (line) => {
        seen.push(line);
        if (line === command) near.startTls(options).then(() => resolve('secure'), resolve);
      });
    });
  }

  it.each(['server', 'client'] as const)('delivers nothing of the same segment to a %s, and fails', async (side) => {
    const upgrading = upgradeAt('go', { ...(side === 'server' ? SERVER_TLS : CLIENT_TLS), side });
    far.resume();
    far.write('NOOP\ngo\ninjected\n');
    const error = await upgrading;
    expect(error).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING' });
    await until('the read rejects', () => seen.length > 2);
    // A client whose call was refused is unchanged, and reads on in the clear.
    if (side === 'client' && seen.includes('injected')) {
      expect(seen).toEqual(['NOOP', 'go', 'injected']);
      expect(near.writer.whyOver()).toBeUndefined();
      return;
    }
    expect(seen).toEqual(['NOOP', 'go', '# ERR_PLAINTEXT_PENDING']);
    expect(await near.closed).toEqual({ by: 'error', error });
  });

  it('drops the bytes after the command with discard, and reads on with encrypted bytes', async () => {
    const { secure, hello, join } = await withheldClient(far);
    const upgrading = upgradeAt('go', { ...SERVER_TLS, side: 'server', pending: 'discard' });
    far.write('NOOP\ngo\ninjected\n');
    await until('it is read', () => seen.includes('go'));
    await turns(2);
    far.write(hello);
    join();
    expect(await upgrading).toBe('secure');
    await until('it has arrived', () => seen.length > 2);
    expect(seen).toEqual(['NOOP', 'go', 'EHLO']);
    secure.destroy();
  });

  it('reads on with encrypted bytes when nothing else arrived', async () => {
    const { secure, hello, join } = await withheldClient(far);
    const upgrading = upgradeAt('go', { ...SERVER_TLS, side: 'server' });
    far.write('go\n');
    await until('it is read', () => seen.includes('go'));
    far.write(hello);
    join();
    expect(await upgrading).toBe('secure');
    await until('it has arrived', () => seen.length > 1);
    expect(seen).toEqual(['go', 'EHLO']);
    secure.destroy();
  });
});

describe('startTls', () => {
  const server: StartTlsOptions = { ...SERVER_TLS, side: 'server' };

  async function open(options: ConnectionOptions = {}) {
    const [one, far] = duplexPair();
    far.on('error', () => {});
    return { near: await openConnection({ socket: one, ...options }), far };
  }

  it('keeps its handshake when a line over the limit is being dropped', async () => {
    const { near, far } = await open({ limit: 16 });
    const seen: string[] = [];
    const reading = near.reader.pipe(lines(), retry()).subscribe((line) => seen.push(line));
    far.write('x'.repeat(40));
    await until('it has arrived', () => near.bytesRead === 40);
    const { secure, hello, join } = await withheldClient(far);
    near.writer.write(STALL);
    const upgrading = near.startTls(server);
    far.write(hello);
    await until('it has arrived', () => near.bytesRead === 40 + hello.length);
    await take(far, STALL);
    join();
    await upgrading;
    await until('it has arrived', () => seen.length > 0);
    expect(seen).toEqual(['EHLO']);
    reading.unsubscribe();
    secure.destroy();
    near.destroy();
    await near.closed;
  });

  it('called by a decoder begins after the current frame', async () => {
    const { near, far } = await open();
    const seen: string[] = [];
    let upgrading: Promise<void> | undefined;
    const frames = decode(function* (read) {
      const line = yield* read.line();
      if (line === 'STARTTLS') upgrading = near.startTls({ ...server, pending: 'discard' });
      return line;
    });
    const reading = near.reader.pipe(frames).subscribe((line) => seen.push(line));
    far.write('STARTTLS\nMAIL FROM:<evil>\n');
    await until('it was called', () => upgrading !== undefined);
    const secure = connectTls({ socket: far, ...CLIENT_TLS }, () => secure.write('EHLO\n'));
    await upgrading;
    await until('it has arrived', () => seen.length > 1);
    expect(seen).toEqual(['STARTTLS', 'EHLO']);
    reading.unsubscribe();
    secure.destroy();
    near.destroy();
    await near.closed;
  });

  it('rejects while values that came in the clear wait for a writer', async () => {
    const { near, far } = await open();
    const { near: other } = await open({ highWaterMark: 1 });
    const seen: string[] = [];
    const passing = near.reader.pipe(read(), mergeMap(linesOf), backpressure(other.writer)).subscribe({
      next: (line) => {
        seen.push(line);
        other.writer.write(STALL);
      },
      error: (error: NodeJS.ErrnoException) => seen.push(`# ${error.code}`),
    });
    far.write('go\ninjected\n');
    await until('it has arrived', () => seen.length > 0);
    expect(await failureOf(near.startTls(server))).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 8 });
    other.destroy();
    await until('the read rejects', () => seen.length > 1);
    expect(seen).toEqual(['go', expect.stringMatching(/^# ERR_/)]);
    passing.unsubscribe();
  });

  it('ignores the values of a subscription that has ended', async () => {
    const { near, far } = await open();
    const held = near.reader
      .pipe(
        read(),
        mergeMap(linesOf),
        concatMapPausing(() => NEVER),
      )
      .subscribe();
    far.write('go\ninjected\n');
    await until('it has arrived', () => near.bytesRead > 0);
    held.unsubscribe();
    const half = near.reader.pipe(watched, lines()).subscribe();
    far.write('half a li');
    await until('it has arrived', () => near.bytesRead > 20);
    half.unsubscribe();
    const { hello, join, secure } = await withheldClient(far);
    const upgrading = near.startTls(server);
    far.write(hello);
    join();
    await upgrading;
    secure.destroy();
    near.destroy();
    await near.closed;
  });

  it('begins after the frame of a decoder that follows an operator, and fails for the bytes after it', async () => {
    const { near, far } = await open();
    const seen: string[] = [];
    let upgrading: Promise<unknown> | undefined;
    const frames = decode(function* (bytes) {
      const line = `${yield* bytes.line()}`.trim();
      if (line === 'STARTTLS') upgrading = failureOf(near.startTls(server));
      return line;
    });
    near.reader.pipe(watched, frames).subscribe({ next: (line) => seen.push(line), error: () => seen.push('#') });
    far.write('STARTTLS\nMAIL FROM:<evil>\n');
    await until('it was called', () => upgrading !== undefined);
    expect(await upgrading).toMatchObject({ code: 'ERR_PLAINTEXT_PENDING', pending: 17 });
    await until('the read rejects', () => seen.length > 1);
    expect(seen).toEqual(['STARTTLS', '#']);
    await near.closed;
  });

  it('keeps a bounded part of the bytes before the handshake of a server', async () => {
    const { near, far } = await open({ limit: 1024 });
    near.writer.write(STALL);
    const upgrading = failureOf(near.startTls(server));
    let taken = 0;
    for (let i = 0; i < 512; i++) far.write(Buffer.alloc(1024), () => taken++);
    await turns(20);
    // What Node's stream takes before it asks for a pause: 16 KiB in Node 20, 64 KiB later; and a few chunks that were on their way.
    const kept = getDefaultHighWaterMark(false) / 1024 + 8;
    expect(taken).toBeLessThan(kept);
    expect(near.bytesRead).toBeLessThan(kept * 1024);
    near.destroy();
    await upgrading;
  });

  it('is completed by close() while the bytes written before are sent', async () => {
    const { near, far } = await open();
    const { secure, hello, join } = await withheldClient(far);
    let received = '';
    secure.on('data', (chunk) => (received += chunk)).on('end', () => secure.end());
    near.writer.write(STALL);
    const upgrading = near.startTls(server);
    near.writer.write('last words');
    const closing = near.close();
    far.write(hello);
    await until('it has arrived', () => near.bytesRead === hello.length);
    await take(far, STALL);
    join();
    await upgrading;
    expect(await closing).toEqual({ by: 'local' });
    expect(received).toBe('last words');
  });
});
