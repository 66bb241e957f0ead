// Proves that `verifyDecoder` finds the usual bugs of decoders. Each message names the way in which the bytes came, the byte and the
// frame.
import { concatMap, endWith, filter, from, map, mergeMap, Observable, type OperatorFunction, scan } from 'rxjs';
import { type ByteBuffer, decode, lines } from 'rxjs-tcp';
import { verifyDecoder } from 'rxjs-tcp/testing';
import { describePlanted, type Planted } from './Planted';

type Pairs = [string | Buffer, unknown][];
type Bytes = OperatorFunction<Buffer, string>;

/** Frames with a length of two bytes. */
const SIZED: Pairs = [
  ['\0\x05hello', 'hello'],
  ['\0\0', ''],
  ['\0\x02hi', 'hi'],
];
const LINES: Pairs = [
  ['one\n', 'one'],
  ['größe\n', 'größe'],
  ['\n', ''],
  ['two\n', 'two'],
];
const CRLF: Pairs = [
  ['one\r\n', 'one'],
  ['two\r\n', 'two'],
];

/** A right decoder of {@link SIZED}, with one step replaced. */
const sized = ({
  header = 2,
  size = (buffer: ByteBuffer): number => buffer.readUInt(0, 2),
  whole = (buffer: ByteBuffer, length: number): boolean => buffer.length >= length + 2,
  frame = (buffer: ByteBuffer, length: number): unknown => buffer.take(length + 2).toString('utf8', 2),
} = {}) => ({
  decode(buffer: ByteBuffer): unknown {
    if (buffer.length < header) return undefined;
    const length = size(buffer);
    return whole(buffer, length) ? frame(buffer, length) : undefined;
  },
});

const planted = (
  bug: string,
  looks: string,
  decoder: () => unknown,
  { pairs = SIZED, right = () => sized(), names = /(after|at) byte \d+|frame \d+/, options = {} } = {},
): Planted => ({
  bug,
  looks,
  names,
  wrong: () => verifyDecoder(decoder() as never, pairs as never, options as never),
  right: () => verifyDecoder(right() as never, pairs as never, options as never),
});

const lineTest = { pairs: LINES, right: () => lines() as never, options: { forgets: true, atEnd: rest } };

/** An unfinished line is the last one. */
function rest(bytes: Buffer): { frames: string[] } {
  return { frames: [`${bytes}`] };
}

/** An operator that keeps text until there is a newline. */
const splitting =
  (separator: string | RegExp = '\n', last = (text: string): string[] => (text ? [text] : [])): Bytes =>
  (source) =>
    new Observable((subscriber) => {
      let text = '';
      return source.subscribe({
        next: (chunk) => {
          text += chunk;
          const parts = text.split(separator);
          text = parts.pop() as string;
          for (const part of parts) subscriber.next(part);
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          for (const part of last(text)) subscriber.next(part);
          subscriber.complete();
        },
      });
    });

/** Changes a chunk, and not a copy. */
function unmask(chunk: Buffer): Buffer {
  for (let i = 0; i < chunk.length; i++) chunk[i] = (chunk[i] as number) ^ 0x20;
  return Buffer.from(chunk);
}

describePlanted('decoders', [
  planted('the header is not counted', 'a RangeError once a frame comes in two segments', () =>
    sized({ whole: (buffer, length) => buffer.length >= length }),
  ),
  planted('it waits for one byte too many', 'the last reply comes only with the next request', () =>
    sized({ whole: (buffer, length) => buffer.length > length + 2 }),
  ),
  planted('it takes what there is of a frame', 'long messages are cut off at 1,460 bytes', () =>
    sized({ whole: () => true, frame: (b, length) => b.take(Math.min(b.length, length + 2)).toString('utf8', 2) }),
  ),
  planted('it consumes the header before the body is there', 'garbage after a slow frame', () => ({
    decode(buffer: ByteBuffer) {
      if (buffer.length < 2) return undefined;
      const length = buffer.take(2).readUInt16BE();
      return buffer.length >= length ? buffer.take(length).toString() : undefined;
    },
  })),
  planted('the length is little-endian', 'it waits for ever for a frame of 1,280 bytes', () =>
    sized({ size: (buffer) => buffer.readUInt(0, 2, true) }),
  ),
  planted(
    'the length is signed',
    'a frame above 127 bytes breaks the connection',
    () => ({
      decode(buffer: ByteBuffer) {
        if (buffer.length < 1) return undefined;
        const length = buffer.peek(1).readInt8();
        return buffer.length > length ? buffer.take(length + 1).toString('utf8', 1) : undefined;
      },
    }),
    {
      pairs: [[Buffer.concat([Buffer.from([200]), Buffer.alloc(200, 'x')]), 'x'.repeat(200)]],
      right: () =>
        ({
          decode(buffer: ByteBuffer) {
            const length = buffer.at(0);
            if (length === undefined || buffer.length <= length) return undefined;
            return buffer.take(length + 1).toString('utf8', 1);
          },
        }) as never,
    },
  ),
  planted(
    'the length counts characters',
    'umlauts break the messages after them',
    () => {
      const characters = (buffer: ByteBuffer, length: number) =>
        [...buffer.peek(buffer.length - 2, 2).toString()].slice(0, length).join('');
      return sized({
        whole: (buffer, length) => [...buffer.peek(buffer.length - 2, 2).toString()].length >= length,
        frame: (buffer, length) => {
          const text = characters(buffer, length);
          buffer.skip(Math.min(buffer.length, 2 + Buffer.byteLength(text)));
          return text;
        },
      });
    },
    {
      pairs: [
        ['\0\x07größe', 'größe'],
        ['\0\x02hi', 'hi'],
      ],
    },
  ),
  planted('an empty frame is taken for a missing one', 'a keep-alive stops everything', () =>
    sized({ whole: (buffer, length) => length > 0 && buffer.length >= length + 2 }),
  ),
  planted('it looks at the length with one byte there', 'a RangeError, once a week', () => sized({ header: 1 })),
  planted('it keeps the header in a variable of the module', 'one client gets the data of another', () => {
    let length: number | undefined;
    return {
      decode(buffer: ByteBuffer) {
        if (length === undefined && buffer.length < 2) return undefined;
        length ??= buffer.take(2).readUInt16BE();
        if (buffer.length < length) return undefined;
        const text = buffer.take(length).toString();
        length = undefined;
        return text;
      },
    };
  }),
  planted('the frame is a view of memory that is used again', 'old messages change', () => {
    const memory = Buffer.alloc(16);
    return sized({
      frame: (buffer, length) => {
        buffer.take(length + 2).copy(memory, 0, 2);
        return memory.subarray(0, length);
      },
    });
  }),
  planted('it emits a frame only when the next one begins', 'each answer is one request late', () =>
    sized({ whole: (buffer, length) => buffer.length >= length + 4 }),
  ),
  planted('the end of the stream completes a frame', 'half a message is taken for a whole one', () => ({
    decode(buffer: ByteBuffer, ended: boolean) {
      const frame = sized().decode(buffer);
      if (frame !== undefined || !ended || buffer.length <= 2) return frame;
      return buffer.take(buffer.length).toString('utf8', 2);
    },
  })),
  planted(
    'a frame is trimmed',
    'files that end with a space are one byte too short',
    () =>
      sized({
        frame: (buffer, length) =>
          buffer
            .take(length + 2)
            .toString('utf8', 2)
            .trimEnd(),
      }),
    { pairs: [['\0\x03ab ', 'ab ']] },
  ),
  planted(
    'it changes the bytes in place',
    'a second consumer of the same bytes sees garbage',
    () => (source: Observable<Buffer>) => source.pipe(map(unmask), map(unmask), decode(sized() as never)),
    { names: /changed byte 0 / },
  ),
  {
    ...planted('the encoder counts characters', 'the peer loses step after the first umlaut', () => sized(), {
      pairs: [['\0\x07größe', 'größe']],
      options: { encode: (text: string) => Buffer.from(`\0${String.fromCharCode(text.length)}${text}`) },
    }),
    right: () =>
      verifyDecoder(sized() as never, [['\0\x07größe', 'größe']], {
        encode: (text: string) => Buffer.from(`\0${String.fromCharCode(Buffer.byteLength(text))}${text}`),
      }),
  },
  planted(
    'a chunk is taken for a line',
    'it works on localhost alone',
    () => map((chunk: Buffer) => `${chunk}`.trimEnd()),
    lineTest,
  ),
  planted('each chunk is decoded by itself', 'a question mark in a diamond, now and then', () => splitting(), lineTest),
  planted(
    'the rest of a chunk is dropped',
    'lines are missing under load',
    () => mergeMap((chunk: Buffer) => from(`${chunk}`.split('\n').slice(0, -1))),
    lineTest,
  ),
  planted(
    'the end makes an empty line',
    'a mail has one recipient too many',
    () => (source: Observable<Buffer>) => source.pipe(lines(), endWith('')),
    lineTest,
  ),
  planted(
    'empty lines are dropped',
    'the end of the headers is not seen',
    () => (source: Observable<Buffer>) =>
      source.pipe(
        lines(),
        filter((line) => line !== ''),
      ),
    lineTest,
  ),
  planted(
    'the last line without a newline is lost',
    'the last record of a file is missing',
    () => (source: Observable<Buffer>) =>
      source.pipe(
        scan((text, chunk) => Buffer.concat([text, chunk]), Buffer.alloc(0)),
        concatMap(() => []),
      ),
    lineTest,
  ),
  planted(
    'a carriage return is looked for in the newest chunk',
    'a \\r at the end of some names',
    () => {
      const chunks = (source: Observable<Buffer>) =>
        source.pipe(map((chunk) => Buffer.from(`${chunk}`.replaceAll('\r\n', '\n'))));
      return (source: Observable<Buffer>) => splitting()(chunks(source));
    },
    { pairs: CRLF, right: () => lines() as never, options: { forgets: true, atEnd: rest } },
  ),
  planted(
    'a regular expression keeps its lastIndex',
    'every second line is skipped',
    () => {
      const newline = /\n/g;
      return {
        decode(buffer: ByteBuffer) {
          const text = buffer.peek(buffer.length).toString('latin1');
          if (!newline.test(text)) return undefined;
          return buffer
            .take(text.indexOf('\n') + 1)
            .toString()
            .slice(0, -1);
        },
      };
    },
    {
      pairs: [
        ['a\n', 'a'],
        ['b\n', 'b'],
      ],
      right: () => lines() as never,
      options: { atEnd: rest },
    },
  ),
  planted('an operator loses its bytes when it is left', 'the first request after the login hangs', () => splitting(), {
    pairs: [
      ['a\n', 'a'],
      ['b\n', 'b'],
    ],
    right: () => lines() as never,
    options: { atEnd: rest },
  }),
]);
