// Proves that a peer which sends what nobody should gets a typed error at once, that memory stays bounded meanwhile, and
// that the other connections of the server go on.
import { type Subscription, tap } from 'rxjs';
import {
  type Connection,
  type DecodeOptions,
  type Decoder,
  decode,
  delimited,
  type FrameGenerator,
  fixedSize,
  InvalidFrameError,
  LimitOverrunError,
  lengthPrefixed,
  lines,
  ndjson,
  openConnection,
  type Server,
  startServer,
} from '../../src';
import { hex } from '../../src/testing';
import { handFed } from '../support/handFed';
import { portOf } from '../support/portOf';
import { turns, until } from '../support/until';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a read of bytes that were sent to it says, and how many it had to keep before it did. */
function told<T>(
  decoder: Decoder<T> | FrameGenerator<T>,
  chunks: Iterable<Uint8Array>,
  { goOn = false, ...options }: { goOn?: boolean } & DecodeOptions = {},
) {
  const { reader, push } = handFed();
  const seen = { frames: 0, error: undefined as unknown, most: 0, pushed: 0 };
  const framesOf = () =>
    typeof decoder === 'function' ? decode(decoder as FrameGenerator<T>, options) : decode(decoder);
  let subscription: Subscription | undefined;
  const subscribe = () => {
    subscription = reader.pipe(framesOf()).subscribe({
      next: () => seen.frames++,
      error: (error) => {
        seen.error = error;
      },
    });
  };
  subscribe();
  for (const chunk of chunks) {
    push(chunk);
    seen.pushed += chunk.length;
    seen.most = Math.max(seen.most, reader.bufferedAmount);
    if (seen.error !== undefined && !goOn) break;
  }
  subscription?.unsubscribe();
  return seen;
}

function* endless(chunk: Uint8Array, bytes: number): Generator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/** What this process has used of the processor: others who are at work do not make it more. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const bySize: FrameGenerator<Buffer> = function* (read) {
  return yield* read.exactly((yield* read.exactly(4)).readUInt32BE());
};

describe('a hostile peer', () => {
  // What it sends to what; the error comes with the very bytes that say it, and nothing was waited for.
  it.each<[string, Decoder<unknown> | FrameGenerator<unknown>, Buffer, Error]>([
    ['a length of 4 GiB', lengthPrefixed({ bytes: 4 }), hex`ffffffff`, new LimitOverrunError(16 * MIB, 2 ** 32 + 3)],
    ['one of 2^64', lengthPrefixed({ bytes: 8 }), hex`ffffffffffffffff`, new LimitOverrunError(16 * MIB, 2 ** 64)],
    ['a length of 4 GiB, to a generator', bySize, hex`ffffffff`, new LimitOverrunError(16 * MIB, 2 ** 32 + 3)],
    [
      'a negative varint',
      lengthPrefixed({ bytes: 'varint' }),
      hex`ffffffffffffffffff01`,
      new InvalidFrameError('the varint is longer than 8 bytes', 8),
    ],
    [
      'an overlong varint',
      lengthPrefixed({ bytes: 'varint' }),
      hex`808000`,
      new InvalidFrameError('the varint has more bytes than it needs', 2),
    ],
    [
      'a varint without end',
      lengthPrefixed({ bytes: 'varint' }),
      Buffer.alloc(64 * KIB, 0x80),
      new InvalidFrameError('the varint is longer than 8 bytes', 8),
    ],
    [
      'a length shorter than itself',
      lengthPrefixed({ bytes: 4, includesPrefix: true }),
      hex`00000000`,
      new InvalidFrameError('a length of 0 leaves -4 bytes for the payload', 0),
    ],
    [
      'JSON that is wrong and deep',
      ndjson(),
      Buffer.from(`${'[{"a":'.repeat(10_000)}]\n`),
      new InvalidFrameError('the line is not JSON', 60_000),
    ],
  ])('sends %s', (_, decoder, bytes, error) => {
    const { error: thrown, frames, most } = told(decoder, [bytes]);
    expect(thrown).toEqual(error);
    expect(frames).toBe(0);
    expect(most).toBeLessThanOrEqual(bytes.length);
  });

  // The separator or the end never comes: the error comes with the limit, whatever is sent after it.
  it.each<[string, Decoder<unknown> | FrameGenerator<unknown>, number, DecodeOptions?]>([
    ['a record', delimited('\r\n'), 64 * KIB],
    ['a record of several separators', delimited(['\0', '--x--']), 64 * KIB],
    ['a line of JSON', ndjson(), 64 * KIB],
    [
      'a line, to a generator',
      function* (read) {
        return yield* read.line();
      },
      64 * KIB,
    ],
    [
      'a record, to a generator',
      function* (read) {
        return yield* read.until(['\r\n', '\0']);
      },
      64 * KIB,
    ],
    [
      'a block, to a generator',
      function* (read) {
        return yield* read.exactly(2 ** 31);
      },
      16 * MIB,
    ],
    [
      'a frame of small reads, to a generator',
      function* (read) {
        while ((yield* read.exactly(1))[0] !== 0);
        return 'done';
      },
      MIB,
      { maxLength: MIB },
    ],
    [
      'what is skipped, to a generator',
      function* (read) {
        return yield* read.skip(1e15);
      },
      16 * MIB,
    ],
  ])('never ends %s', (_, decoder, limit, options = {}) => {
    const chunk = Buffer.alloc(16 * KIB, 'x');
    const { error, frames, most } = told(decoder, endless(chunk, 4 * limit), options);
    expect(error).toBeInstanceOf(LimitOverrunError);
    expect(error).toMatchObject({ limit });
    expect(frames).toBe(0);
    expect(most).toBeLessThanOrEqual(limit + chunk.length);
  });

  it('never ends a record that is passed over: next to nothing of it is kept', () => {
    let overruns = 0;
    const passing = delimited(['\r\n', '\0'], { onOverrun: () => overruns++ });
    const { most, pushed } = told(passing, endless(Buffer.alloc(16 * KIB, '\r'), 16 * MIB), { goOn: true });
    expect([overruns, pushed]).toEqual([1, 16 * MIB]);
    expect(most).toBeLessThanOrEqual(80 * KIB);
  });

  // Many frames that are nothing: they cost time and no memory, and every turn comes to an end.
  it.each<[string, Decoder<unknown>, Buffer, number]>([
    ['lengths of 0', lengthPrefixed({ bytes: 1 }), Buffer.alloc(64 * KIB), 1],
    ['empty records', delimited('\n'), Buffer.alloc(64 * KIB, '\n'), 1],
    ['empty lines, of which none is JSON', ndjson(), Buffer.alloc(64 * KIB, '\n'), 0],
    ['bytes', fixedSize(1), Buffer.alloc(64 * KIB), 1],
  ])(
    'sends %s and no end of them',
    async (_, decoder, chunk, framesPerByte) => {
      const { reader, push, asked } = handFed();
      let frames = 0;
      const subscription = reader.pipe(decode(decoder)).subscribe(() => frames++);
      let [most, longest] = [0, 0];
      for (let sent = 0; sent < MIB; sent += chunk.length) {
        const start = cpuMilliseconds();
        push(chunk);
        longest = Math.max(longest, cpuMilliseconds() - start);
        most = Math.max(most, reader.bufferedAmount);
        // As a socket that was paused; what is unread goes on in the next turns.
        while (reader.bufferedAmount > chunk.length) await turns(1);
      }
      while (reader.bufferedAmount > 0) await turns(1);
      expect(frames).toBe(MIB * framesPerByte);
      expect(most).toBeLessThanOrEqual(2 * chunk.length);
      // It was never asked to wait longer than what is read ahead.
      expect(asked.filter((what) => what === 'pause').length).toBe(asked.filter((what) => what === 'resume').length);
      expect(longest).toBeLessThan(1000);
      subscription.unsubscribe();
    },
    20_000,
  );

  describe('on a server', () => {
    let server: Server;
    let connections: Connection[];
    const failed: unknown[] = [];
    let most = 0;

    beforeEach(async () => {
      connections = [];
      failed.length = 0;
      most = 0;
      server = await startServer(
        (connection) => {
          const { reader, writer } = connection;
          return reader.pipe(
            decode(bySize),
            tap((frame) => {
              most = Math.max(most, reader.bufferedAmount);
              writer.write(frame);
            }),
          );
        },
        { host: '127.0.0.1', port: 0 },
      );
      server.errors.subscribe(({ error }) => failed.push(error));
    });

    afterEach(async () => {
      for (const connection of connections) connection.destroy();
      await server.close({ timeout: 1 });
    });

    const dial = async () => {
      const connection = await openConnection({ host: '127.0.0.1', port: portOf(server) });
      connections.push(connection);
      return connection;
    };

    it('is cut off, and the others go on', async () => {
      const good = await dial();
      const bad = await dial();
      const ask = async (text: string) => {
        good.writer.write(Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]));
        return `${await good.reader.readExactly(text.length)}`;
      };
      expect(await ask('before')).toBe('before');
      bad.writer.write(hex`ffffffff`);
      await until('the bad one is cut off', () => failed.length === 1);
      expect(failed).toEqual([new LimitOverrunError(16 * MIB, 2 ** 32 + 3)]);
      await bad.reader.readAll().catch(() => 'reset');
      expect(await ask('after')).toBe('after');
    });

    it('may send empty frames as fast as it can, and the others have their turn', async () => {
      const good = await dial();
      const bad = await dial();
      const zeros = Buffer.alloc(256 * KIB);
      let flooding = true;
      const flood = (async () => {
        while (flooding) {
          bad.writer.write(zeros);
          await Promise.race([bad.writer.drain(), bad.closed]);
        }
      })();
      for (let i = 0; i < 20; i++) {
        good.writer.write(hex`00000001 61`);
        expect(`${await good.reader.readExactly(1)}`).toBe('a');
        await turns(2);
      }
      flooding = false;
      bad.destroy();
      await flood.catch(() => {});
      expect(most).toBeLessThanOrEqual(1 * MIB);
      expect(failed.filter((error) => error instanceof LimitOverrunError)).toEqual([]);
    });
  });

  it('sends a line of 64 KiB byte by byte: time stays linear', () => {
    const { error } = told(
      ndjson(),
      (function* () {
        for (let i = 0; i < 64 * KIB; i++) yield Buffer.from('[');
        yield Buffer.from('[');
      })(),
    );
    expect(error).toMatchObject({ name: 'LimitOverrunError', consumed: 64 * KIB + 1 });
    const { reader, push } = handFed();
    let seen: unknown;
    reader.pipe(lines()).subscribe({ error: (reason) => (seen = reason) });
    for (let i = 0; i <= 64 * KIB; i++) push('x');
    expect(seen).toBeInstanceOf(LimitOverrunError);
  });
});
