// Proves which frames take too long for `decode` with a `frameTimeout`, and that the read ends or goes on as the options say.
import { retry } from 'rxjs';
import {
  connectionPair,
  type DecodeOptions,
  type Decoder,
  decode,
  type FrameReader,
  lengthPrefixed,
  lines,
  ndjson,
  SocketTimeoutError,
} from '../../src';
import { runMarbles } from '../../src/testing';
import { asText } from '../support/asText';
import { handFed } from '../support/handFed';
import { record } from '../support/record';

const blocks = lengthPrefixed({ bytes: 1 });
const byHand: Decoder<string> = { decode: (buffer, ended) => blocks.decode(buffer, ended)?.toString() };
function* generator(read: FrameReader) {
  return `${yield* read.exactly(yield* read.uint(1))}`;
}

const CHUNKS = { a: '\x02ok', h: '\x63half', b: '\x01', x: 'x' };
const TOO_LATE = new SocketTimeoutError('frame', 5);

describe.each([
  ['a decoder', (options: DecodeOptions) => decode(byHand, options)],
  ['a generator function', (options: DecodeOptions) => decode(generator, options)],
])('decode(%s) with a frameTimeout', (_, operator) => {
  it('drops a frame that was cut short, tells it, and keeps the connection', () => {
    runMarbles(({ connection, expectObservable, flush }) => {
      const { reader } = connection('a-h---------a-|', CHUNKS);
      const dropped: string[] = [];
      const onDrop = (bytes: Buffer) => dropped.push(bytes.toString('latin1'));
      const frames = reader.pipe(operator({ frameTimeout: 5, onTimeout: 'drop', onDrop }));
      expectObservable(asText(frames)).toBe('a-----------a-|', { a: 'ok' });
      flush();
      expect(dropped).toEqual(['\x63half']);
    });
  });

  it('ends the read by default, and the bytes stay', () => {
    runMarbles(({ connection, expectObservable, flush }) => {
      const { reader } = connection('a-h---------', CHUNKS);
      expectObservable(asText(reader.pipe(operator({ frameTimeout: 5 })))).toBe('a------#', { a: 'ok' }, TOO_LATE);
      flush();
      expect(reader.bufferedAmount).toBe(5);
    });
  });

  it('frees the reader before the error: retry starts the frame again', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader } = connection('b------x----|', CHUNKS);
      expectObservable(asText(reader.pipe(operator({ frameTimeout: 5 }), retry(1)))).toBe('-------a----|', { a: 'x' });
    });
  });

  it('counts from the first byte, however slowly the others come', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader } = connection('h--x--x--x', CHUNKS);
      expectObservable(asText(reader.pipe(operator({ frameTimeout: 5 })))).toBe('-----#', {}, TOO_LATE);
    });
  });

  it('does not count between two frames, nor while the reader is held', () => {
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const { reader } = connection('a 20ms b-x 20ms a|', CHUNKS);
      expectObservable(asText(reader.pipe(operator({ frameTimeout: 5 })))).toBe('a 22ms x 20ms a|', {
        a: 'ok',
        x: 'x',
      });
      scheduler.schedule(() => {}, 0);
    });
    runMarbles(({ connection, expectObservable, scheduler }) => {
      const { reader } = connection('b 19ms x', CHUNKS);
      let release = () => {};
      scheduler.schedule(() => {
        release = reader.pause();
      }, 3);
      scheduler.schedule(() => release(), 19);
      expectObservable(asText(reader.pipe(operator({ frameTimeout: 5 })))).toBe('20ms x', { x: 'x' });
    });
  });

  it('works on any other Observable', () => {
    runMarbles(({ cold, expectObservable }) => {
      const source = cold('a-h---------a-|', { a: Buffer.from(CHUNKS.a), h: Buffer.from(CHUNKS.h) });
      const frames = source.pipe(operator({ frameTimeout: 5, onTimeout: 'drop' }));
      expectObservable(asText(frames)).toBe('a-----------a-|', { a: 'ok' });
    });
  });

  it('ends the read with the error of onDrop', () => {
    runMarbles(({ connection, expectObservable }) => {
      const { reader } = connection('h-------', CHUNKS);
      const onDrop = () => {
        throw new Error('enough');
      };
      const frames = reader.pipe(operator({ frameTimeout: 5, onTimeout: 'drop', onDrop }));
      expectObservable(asText(frames)).toBe('-----#', {}, new Error('enough'));
    });
  });

  it('leaves no timer behind', () => {
    runMarbles(({ scheduler }) => {
      const { reader, push } = handFed();
      const { subscription } = record(reader.pipe(operator({ frameTimeout: 5 })));
      push('\x05a');
      subscription.unsubscribe();
      expect(scheduler.actions).toHaveLength(0);
      expect(reader.bufferedAmount).toBe(2);
    });
  });

  it('throws at the call for invalid options', () => {
    expect(() => operator({ frameTimeout: -1 })).toThrow(RangeError);
    expect(() => operator({ frameTimeout: '5' as never })).toThrow(TypeError);
    expect(() => operator({ frameTimeout: 5, onTimeout: 'skip' as never })).toThrow("it must be 'end' or 'drop'");
    expect(() => operator({ onTimeout: 'drop' })).toThrow("Cannot use onTimeout: 'drop' without a frameTimeout");
    expect(() => operator({ frameTimeout: 5, onDrop: () => {} })).toThrow(
      "Cannot use onDrop without onTimeout: 'drop'",
    );
    expect(() => operator({ frameTimeout: 0 })).not.toThrow();
  });
});

describe('decode with a frameTimeout', () => {
  it('ends the generator of a dropped frame at once', () => {
    runMarbles(({ connection, scheduler, flush }) => {
      const ended: number[] = [];
      const { reader } = connection('h--------', CHUNKS);
      const waiting = function* (read: FrameReader) {
        try {
          return `${yield* read.exactly(50)}`;
        } finally {
          ended.push(scheduler.now());
        }
      };
      const { subscription } = record(reader.pipe(decode(waiting, { frameTimeout: 5, onTimeout: 'drop' })));
      flush();
      expect(ended).toEqual([5]);
      subscription.unsubscribe();
    });
  });

  it('drops what has arrived of an unfinished line, and no more', () => {
    runMarbles(({ connection, expectObservable, flush }) => {
      const dropped: string[] = [];
      const { reader } = connection('a---b----c-|', { a: '"too long', b: '"\n1', c: '2\n' });
      const values = decode(ndjson<number>({ limit: 20 }), {
        frameTimeout: 3,
        onTimeout: 'drop',
        onDrop: (bytes) => dropped.push(`${bytes}`),
      });
      expectObservable(reader.pipe(values, retry(1))).toBe('---------a-|', { a: 2 });
      flush();
      expect(dropped).toEqual(['"too long', '1']);
    });
  });

  it('runs beside the frameTimeout of the connection, which ends the connection', async () => {
    const [client, server] = connectionPair({ frameTimeout: 20 });
    const { error } = await new Promise<{ error: unknown }>((resolve) => {
      server.reader
        .pipe(decode(byHand, { frameTimeout: 1 }))
        .subscribe({ error: (reason) => resolve({ error: reason }) });
      client.writer.write('\x05a');
    });
    expect(error).toEqual(new SocketTimeoutError('frame', 1));
    const late = record(server.reader.pipe(lines()));
    expect(await server.closed).toMatchObject({ by: 'timeout' });
    expect(late.error).toEqual(new SocketTimeoutError('frame', 20));
  });
});
