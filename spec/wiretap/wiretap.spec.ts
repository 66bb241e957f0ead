// Proves which events a tap has of each thing that can happen, that it harms no connection, and that its memory is bounded.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { config } from 'rxjs';
import { type Connection, connectionPair, openConnection, startServer } from '../../src';
import { readJsonLines, type WireEvent, type Wiretap, wiretap } from '../../src/wiretap';
import { EventRing } from '../../src/wiretap/EventRing';
import { CLIENT_TLS, SERVER_TLS } from '../support/certificates';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const HOST = '127.0.0.1';

/** Events as words: `rx 3 abc`. */
const words = (tap: Wiretap) =>
  tap
    .events()
    .map(({ kind, bytes, data, by }) =>
      [kind, bytes, data && `${data}`, by].filter((part) => part !== undefined).join(' '),
    );

describe('wiretap', () => {
  const open: Connection[] = [];
  const pair = (...args: Parameters<typeof connectionPair>) => {
    const both = connectionPair(...args);
    open.push(...both);
    return both;
  };
  afterEach(() => {
    for (const connection of open.splice(0)) connection.destroy();
  });

  it('has the bytes of both directions, and both ends', async () => {
    const [near, far] = pair();
    const tap = wiretap(near);
    near.writer.write('ask');
    await far.reader.readExactly(3);
    far.writer.write('answer');
    await near.reader.readExactly(6);
    near.writer.writeEof();
    far.writer.writeEof();
    await near.closed;
    expect(words(tap)).toEqual(['open', 'tx 3 ask', 'sent 3', 'rx 6 answer', 'fin-out', 'fin-in', 'close local']);
    const events = tap.events();
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(events.every(({ time }, i) => Number.isInteger(time) && time >= (events[i - 1]?.time ?? 0))).toBe(true);
  });

  it('copies: bytes that change later are kept as they were', async () => {
    const [near, far] = pair();
    const tap = wiretap(near);
    const bytes = Buffer.from('ask');
    near.writer.write(bytes);
    await far.reader.readExactly(3);
    bytes.fill(0);
    expect(words(tap)).toContain('tx 3 ask');
  });

  it.each<[string, (near: Connection, far: Connection) => unknown, string[]]>([
    ['a reset by the peer', (_, far) => far.reset(), ['open', 'reset peer', 'close reset']],
    ['a reset by us', (near) => near.reset(), ['open', 'reset local', 'close local']],
    ['destroy()', (near) => near.destroy(), ['open', 'close local']],
    ['the FIN of the peer', (_, far) => far.writer.writeEof(), ['open', 'fin-in']],
    ['our FIN', (near) => near.writer.writeEof(), ['open', 'fin-out']],
  ])('has %s', async (_, end, expected) => {
    const [near, far] = pair();
    const tap = wiretap(near);
    end(near, far);
    await turns(5);
    expect(words(tap)).toEqual(expected);
  });

  it('has pressure and its end, pauses and their ends', async () => {
    const [near, far] = pair({ capacity: 4, highWaterMark: 8, limit: 10 });
    const [ours, peers] = [wiretap(near), wiretap(far)];
    near.writer.write('x'.repeat(40));
    await until('it is paused', () => words(peers).some((word) => word.startsWith('paused')));
    await far.reader.readExactly(40, { limit: 100 });
    await near.writer.flush();
    const kinds = (tap: Wiretap) => tap.events().map(({ kind }) => kind);
    expect(kinds(ours)).toEqual(['open', 'tx', 'pressure', 'sent', 'drained']);
    expect(kinds(peers)).toEqual(['open', 'rx', 'paused', 'resumed']);
  });

  it('has TLS with our side, and the plain bytes', async () => {
    const server = await startServer(
      async (connection) => {
        await connection.reader.readLine();
        connection.writer.write('go\n');
        await connection.startTls({ side: 'server', ...SERVER_TLS });
        await connection.reader.readLine();
        connection.writer.write('secret\n');
      },
      { host: HOST, port: 0 },
    );
    const client = await openConnection({ host: HOST, port: portOf(server) });
    const tap = wiretap(client);
    client.writer.write('tls\n');
    await client.reader.readLine();
    await client.startTls({ ...CLIENT_TLS });
    client.writer.write('name\n');
    await client.reader.readLine();
    await client.close();
    await server.close();
    expect(words(tap).filter((word) => !/sent|fin/.test(word))).toEqual([
      'open',
      'tx 4 tls\n',
      'rx 3 go\n',
      'tls 0',
      'tx 5 name\n',
      'rx 7 secret\n',
      'close local',
    ]);
    const [first] = tap.events();
    expect([first?.local, first?.remote]).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      `${HOST}:${portOf(server)}`,
    ]);
    expect(tap.events().find(({ kind }) => kind === 'tls')?.side).toBe('client');
  });

  it('begins with unread bytes, and leaves out what waited before it', async () => {
    const [near, far] = pair({ capacity: 4 });
    far.writer.write('early');
    near.writer.write('0123456789');
    await until('it has come', () => near.reader.bufferedAmount === 5);
    const tap = wiretap(near);
    near.writer.write('abc');
    await far.reader.readExactly(13);
    await near.writer.flush();
    expect(words(tap)).toEqual(['open', 'rx 5 early', 'tx 3 abc', 'sent 3']);
  });

  it('copies only small chunks and parts with copy: false', () => {
    const [near] = pair();
    const tap = wiretap(near, { maxBytes: 64 * 1024, capture: 8192, copy: false });
    const [small, large, cut] = [Buffer.alloc(4095, 's'), Buffer.alloc(4096, 'l'), Buffer.alloc(8193, 'c')];
    for (const bytes of [small, new Uint8Array(large.buffer, large.byteOffset, large.length), cut])
      near.writer.write(bytes);
    const kept = tap.events().flatMap(({ kind, data }) => (kind === 'tx' && data ? [data] : []));
    expect(kept.map((data) => [data.length, Buffer.isBuffer(data)])).toEqual([
      [4095, true],
      [4096, true],
      [8192, true],
    ]);
    const isKeptAsItIs = [small, large, cut].map(({ buffer }, i) => kept[i]?.buffer === buffer);
    expect(isKeptAsItIs).toEqual([false, true, false]);
  });

  it('keeps at most capture bytes of an event, and the newest events', async () => {
    const [near, far] = pair();
    const tap = wiretap(near, { maxBytes: 1024, capture: 4 });
    for (let i = 0; i < 10; i++) {
      near.writer.write(`${i}é456789`);
      await far.reader.readExactly(9);
    }
    await near.writer.flush();
    const [first, gap, ...rest] = tap.events();
    expect([first?.kind, gap?.kind]).toEqual(['open', 'gap']);
    expect(rest.at(-2)).toMatchObject({ kind: 'tx', bytes: 9, data: Buffer.from('9é4') });
    const bytes = [gap as WireEvent, ...rest.filter(({ kind }) => kind === 'tx')];
    expect(bytes.reduce((sum, event) => sum + (event.bytes ?? 0), 0)).toBe(90);
  });

  it('redacts, and keeps nothing of what it can not redact', async () => {
    const [near, far] = pair();
    const seen: string[] = [];
    const tap = wiretap(near, {
      redact: (bytes, direction) => {
        seen.push(direction);
        if (bytes.includes('crash')) throw new Error('no');
        if (bytes.includes('nothing')) return undefined as never;
        bytes.fill('*', bytes.indexOf('=') + 1);
        return bytes;
      },
    });
    for (const text of ['password=hunter2', 'crash', 'nothing']) {
      near.writer.write(text);
      expect(`${await far.reader.readExactly(text.length)}`).toBe(text);
    }
    far.writer.write('token=1');
    expect(`${await near.reader.readExactly(7)}`).toBe('token=1');
    expect(words(tap).filter((word) => !word.startsWith('sent'))).toEqual([
      'open',
      'tx 16 password=*******',
      'tx 5',
      'tx 7',
      'rx 7 token=*',
    ]);
    expect(seen).toEqual(['tx', 'tx', 'tx', 'rx']);
    expect([tap.toJsonLines(), `${tap}`, tap.toHex(), tap.toTest('script')].join().includes('hunter2')).toBe(false);
  });

  describe('harms no connection', () => {
    /** A conversation in both directions, to its end. */
    async function talk(near: Connection, far: Connection) {
      near.writer.write('ask');
      near.writer.writeEof();
      expect(`${await far.reader.readAll()}`).toBe('ask');
      far.writer.write('answer');
      far.writer.writeEof();
      expect(`${await near.reader.readAll()}`).toBe('answer');
      expect(await near.closed).toEqual({ by: 'local' });
    }

    it('with a ring that is broken: it sees no more, the process is warned once, and another tap sees everything', async () => {
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const [near, far] = pair();
      const broken = wiretap(near);
      const whole = wiretap(near);
      const events = words(whole);
      const adding = jest.spyOn(EventRing.prototype, 'add').mockImplementationOnce(() => {
        throw new Error('out of order');
      });
      await talk(near, far);
      adding.mockRestore();
      expect(words(broken)).toEqual(events);
      expect(words(whole)).toEqual(['open', 'tx 3 ask', 'sent 3', 'fin-out', 'rx 6 answer', 'fin-in', 'close local']);
      expect(warnings.mock.calls).toEqual([
        ['Cannot look on at a connection any more: out of order', 'OnlookerWarning'],
      ]);
      warnings.mockRestore();
    });

    it('with a subscriber of events$ that throws: the error is the one of the program, and the tap goes on', async () => {
      const errors: unknown[] = [];
      config.onUnhandledError = (error) => errors.push(error);
      const [near, far] = pair();
      const tap = wiretap(near);
      let seen = 0;
      tap.events$.subscribe(() => {
        throw new Error('no');
      });
      tap.events$.subscribe(() => seen++);
      await talk(near, far);
      await until('the errors are told', () => errors.length === seen);
      config.onUnhandledError = null;
      expect(words(tap)).toHaveLength(1 + seen);
      expect(errors).toEqual(Array.from({ length: seen }, () => new Error('no')));
    });

    it('with a redact that ends the connection', async () => {
      const [near, far] = pair();
      const tap = wiretap(near, {
        redact: (bytes) => {
          near.reset();
          return bytes;
        },
      });
      far.writer.write('answer');
      expect(await near.closed).toMatchObject({ by: 'local' });
      expect(await far.closed).toMatchObject({ by: 'reset' });
      expect(words(tap).at(-1)).toBe('close local');
    });
  });

  it('emits the events, completes with the end, and stops', async () => {
    const [near, far] = pair();
    const tap = wiretap(near);
    const kinds: string[] = [];
    tap.events$.subscribe({ next: ({ kind }) => kinds.push(kind), complete: () => kinds.push('complete') });
    far.writer.write('a');
    await near.reader.readExactly(1);
    far.reset();
    await near.closed;
    expect(kinds).toEqual(['rx', 'reset', 'close', 'complete']);

    const [other] = pair();
    const stopped = wiretap(other);
    let completed = false;
    stopped.events$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    stopped.stop();
    stopped.stop();
    other.writer.write('more');
    await other.writer.flush();
    expect([words(stopped), completed, other.onlooker]).toEqual([['open'], true, undefined]);
  });

  it('has an end that came before it', async () => {
    const [near] = pair();
    near.destroy();
    await near.closed;
    const tap = wiretap(near);
    expect(words(tap)).toEqual(['open', 'close local']);
    tap.stop();
    expect(near.onlooker).toBe(undefined);
  });

  it('prints the diagram with console.log', () => {
    const [near] = pair();
    const tap = wiretap(near);
    near.writer.write('PING\r\n');
    expect(inspect(tap)).toBe(`${tap}`);
    expect(`${tap}`).toContain("'PING\\r\\n'");
  });

  it.each<[string, unknown, RegExp]>([
    ['maxBytes', { maxBytes: 1000 }, /maxBytes/],
    ['capture', { capture: -1 }, /capture/],
    ['copy', { copy: 'no' as never }, /copy/],
    ['redact', { redact: 'x' }, /redact with a value of type string/],
  ])('refuses an invalid %s', (_, options, message) => {
    const [near] = pair();
    expect(() => wiretap(near, options as never)).toThrow(message);
    expect(near.onlooker).toBe(undefined);
  });

  describe('onError', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('writes the events before the program hears that the connection is closed', async () => {
      const file = join(folder, 'broken.jsonl');
      for (const word of ['one', 'two']) {
        const [near, far] = pair();
        const tap = wiretap(near);
        tap.onError(file);
        near.writer.write(word);
        await far.reader.readExactly(3);
        far.reset();
        await near.closed;
      }
      const logs = readJsonLines(readFileSync(file, 'utf8'));
      expect(
        logs.map((log) =>
          log
            .events()
            .map(({ kind }) => kind)
            .join(' '),
        ),
      ).toEqual(['open tx sent reset close', 'open tx sent reset close']);
      expect(logs[1]?.toHex()).toContain('two');
    });

    it('writes nothing for a connection that ends well, or after stop()', async () => {
      const file = join(folder, 'well.jsonl');
      const [near, far] = pair();
      wiretap(near).onError(file);
      near.writer.writeEof();
      far.writer.writeEof();
      await near.closed;
      const [other, peer] = pair();
      const tap = wiretap(other);
      tap.onError(file);
      tap.stop();
      tap.onError(file);
      peer.reset();
      await other.closed;
      expect(() => readFileSync(file)).toThrow('ENOENT');
    });

    it('tells that it can not write, and harms nobody', async () => {
      const [near, far] = pair();
      const tap = wiretap(near);
      const errors: unknown[] = [];
      tap.onError(join(folder, 'missing/a.jsonl'), (error) => {
        errors.push(error);
        throw new Error('not yours');
      });
      tap.onError(join(folder, 'missing/b.jsonl'));
      const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      far.reset();
      expect((await near.closed).by).toBe('reset');
      expect(errors).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
      expect(warnings.mock.calls.map(([text]) => `${text}`)).toEqual([
        expect.stringMatching(/^Cannot write the events of a connection: .*ENOENT/),
      ]);
      warnings.mockRestore();
    });
  });

  it('is bounded with 1,000 connections: no ring takes more than its limit', async () => {
    const maxBytes = 4096;
    const block = Buffer.alloc(700, 'x');
    let events = 0;
    const taps: Wiretap[] = [];
    for (let i = 0; i < 1000; i++) {
      const [near, far] = connectionPair();
      const tap = wiretap(near, { maxBytes });
      for (let j = 0; j < 20; j++) near.writer.write(block);
      near.destroy();
      far.destroy();
      taps.push(tap);
    }
    await turns(3);
    const memory = new Set<ArrayBufferLike>();
    for (const tap of taps) {
      const kept = tap.events();
      events += kept.length;
      for (const { data } of kept) if (data !== undefined) memory.add(data.buffer);
      const written = kept.filter(({ kind }) => kind === 'tx' || kind === 'gap');
      expect(written.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(20 * block.length);
    }
    expect(events).toBeLessThanOrEqual((1000 * maxBytes) / 256 + 1000);
    const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeLessThanOrEqual(1000 * maxBytes * 1.25);
  });
});
