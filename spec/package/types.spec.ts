// The types that the public operators and methods take and return, as the compiler sees them: `tsc` fails when one of
// them is wrong. The specs themselves only run the expressions that need no connection.
import type { Duplex } from 'node:stream';
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls';
import {
  firstValueFrom,
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  type Subject,
} from 'rxjs';
import {
  type AsyncValues,
  type BackoffOptions,
  type BackpressureOptions,
  type ByteBuffer,
  backpressure,
  type CloseInfo,
  type Codec,
  type Connection,
  type ConnectionOptions,
  type ConnectionPairOptions,
  type ConnectOptions,
  concatMapPausing,
  type connect,
  connectionPair,
  type DecodeOptions,
  type Decoder,
  type DelimitedOptions,
  decode,
  type delimited,
  type Encoder,
  eachValueFrom,
  encode,
  type FramedConnection,
  type FrameGenerator,
  type FrameReader,
  type FrameStep,
  type fixedSize,
  framed,
  IncompleteReadError,
  type InvalidFrameError,
  type LengthPrefixedOptions,
  type LimitOverrunError,
  type LinesOptions,
  type ListenOptions,
  lengthPrefixed,
  lines,
  type listen,
  mergeMapPausing,
  type NdjsonOptions,
  ndjson,
  openConnection,
  type PauseOptions,
  type ReadAllOptions,
  type ReadLineOptions,
  type ReadOptions,
  type ReadUntilOptions,
  type read,
  type readAll,
  type readExactly,
  readLine,
  type readUntil,
  type Server,
  type SocketName,
  type SocketTimeoutError,
  type StartTlsOptions,
  StreamReader,
  type StreamReaderOptions,
  type StreamWriter,
  type startServer,
  type WaitOptions,
  type WriteToOptions,
  type writeTo,
} from 'rxjs-tcp';
import {
  type MarbleChunks,
  type MarbleConnection,
  type MarblePressure,
  type marbleConnection,
  type PressureMarble,
  runMarbles,
} from 'rxjs-tcp/testing';

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<_ extends true>(): void {}

/**
 * The options that can be left out but not be undefined: `exactOptionalPropertyTypes` would refuse the value of a
 * variable.
 */
type Refusing<Options> = Options extends unknown
  ? {
      [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name>
        ? undefined extends Required<Options>[Name]
          ? never
          : Name
        : never;
    }[keyof Options]
  : never;

/** All socket options of a server. */
const listening: ListenOptions = {
  port: 0,
  noDelay: false,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  exclusive: true,
  ipv6Only: undefined,
  signal: undefined,
  // @ts-expect-error: we decide when a side ends
  allowHalfOpen: true,
};

type Nested = string | readonly Nested[];

/** A decoder that calls itself. */
function* list(read: FrameReader): FrameStep<Nested> {
  const line = yield* read.line();
  if (line[0] !== '*') return line;
  const items: Nested[] = [];
  for (let left = Number(line.slice(1)); left > 0; left--) items.push(yield* list(read));
  return items;
}

describe('the public types', () => {
  it('of the reading operators', () => {
    is<Same<ReturnType<typeof read>, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<ReturnType<typeof readAll>, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<ReturnType<typeof readLine>, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<ReturnType<typeof readExactly>, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<ReturnType<typeof readUntil>, OperatorFunction<Uint8Array, Buffer>>>();
    is<Same<ReturnType<typeof lines>, OperatorFunction<Uint8Array, string>>>();
    expect(typeof readLine()).toBe('function');
  });

  it('of a pipe that begins at a reader', async () => {
    const reader = StreamReader.from([Buffer.from('one\ntwo\n')]);
    const line = firstValueFrom(reader.pipe(readLine()));
    const text = firstValueFrom(reader.pipe(lines()));
    is<Same<typeof line, Promise<Buffer>>>();
    is<Same<typeof text, Promise<string>>>();
    expect([`${await line}`, await text]).toEqual(['one\n', 'two']);
  });

  it('of the reader', () => {
    is<StreamReader extends Observable<Buffer> ? true : false>();
    is<Same<ReturnType<StreamReader['read']>, Promise<Buffer>>>();
    is<Same<ReturnType<StreamReader['readAll']>, Promise<Buffer>>>();
    is<Same<ReturnType<StreamReader['readLine']>, Promise<Buffer>>>();
    is<Same<ReturnType<StreamReader['readExactly']>, Promise<Buffer>>>();
    is<Same<ReturnType<StreamReader['readUntil']>, Promise<Buffer>>>();
    is<Same<ReturnType<StreamReader['peek']>, Buffer>>();
    is<Same<ReturnType<StreamReader['pause']>, () => void>>();
    is<Same<StreamReader['bufferedAmount'], number>>();
    is<
      Same<Parameters<typeof StreamReader.from>[0] extends infer S ? (Buffer[] extends S ? true : false) : never, true>
    >();
    // @ts-expect-error: a string has no chunks
    expect(() => StreamReader.from('text')).toThrow(TypeError);
  });

  it('of the writer', () => {
    is<StreamWriter extends Subject<Uint8Array | string> ? true : false>();
    is<Same<ReturnType<StreamWriter['write']>, boolean>>();
    is<Same<ReturnType<StreamWriter['drain']>, Promise<void>>>();
    is<Same<ReturnType<StreamWriter['flush']>, Promise<void>>>();
    is<Same<ReturnType<StreamWriter['waitClosed']>, Promise<void>>>();
    is<Same<StreamWriter['pressure$'], Observable<boolean>>>();
    // @ts-expect-error: numbers are not bytes
    const write = (writer: StreamWriter) => writer.write(42);
    expect(typeof write).toBe('function');
  });

  it('of socket information, by its name', () => {
    const [{ writer }] = connectionPair();
    const [peername, sockname] = [writer.getExtraInfo('peername'), writer.getExtraInfo('sockname')];
    is<Same<typeof peername, SocketName | undefined>>();
    is<Same<typeof sockname, SocketName | undefined>>();
    is<Same<Exclude<SocketName, string>['address'], string>>();
    const socket = writer.getExtraInfo('socket');
    is<Same<typeof socket, Duplex | undefined>>();
    const cipher = writer.getExtraInfo('cipher');
    is<Same<typeof cipher, CipherNameAndProtocol | undefined>>();
    const peercert = writer.getExtraInfo('peercert');
    is<Same<typeof peercert, PeerCertificate | undefined>>();
    const alpn = writer.getExtraInfo('alpn');
    is<Same<typeof alpn, string | undefined>>();
    const other = writer.getExtraInfo('other');
    is<Same<typeof other, unknown>>();
    const name: string = 'alpn';
    const any = writer.getExtraInfo(name);
    is<Same<typeof any, unknown>>();
    writer.error(new Error('done'));
    expect(other).toBeUndefined();
  });

  it('of `for await`, and of the answer of `next`', () => {
    const reader = StreamReader.from([]);
    const chunks = reader[Symbol.asyncIterator]();
    const each = eachValueFrom(reader.pipe(lines()));
    is<Same<typeof chunks, AsyncValues<Buffer>>>();
    is<Same<typeof each, AsyncValues<string>>>();
    is<Same<Awaited<ReturnType<(typeof chunks)['next']>>, IteratorResult<Buffer, undefined>>>();
    is<AsyncValues<string> extends AsyncIterableIterator<string, undefined> ? true : false>();
    expect(typeof each.return).toBe('function');
  });

  it('of options: each can be undefined', () => {
    is<Same<Refusing<ConnectOptions>, never>>();
    is<Same<Refusing<ConnectOptions>, never>>();
    is<Same<Refusing<ListenOptions>, never>>();
    is<Same<Refusing<NonNullable<ListenOptions['tls']>>, never>>();
    is<Same<Refusing<StartTlsOptions>, never>>();
    is<Same<Refusing<ConnectionOptions>, never>>();
    is<Same<Refusing<ConnectionPairOptions>, never>>();
    is<Same<Refusing<BackoffOptions>, never>>();
    is<Same<Refusing<NonNullable<Parameters<Server['serveForever']>[0]>>, never>>();
    is<Same<Refusing<NonNullable<Parameters<Server['close']>[0]>>, never>>();
    is<Same<Refusing<NonNullable<Parameters<Connection['close']>[0]>>, never>>();
    is<Same<Refusing<ReadOptions>, never>>();
    is<Same<Refusing<WaitOptions>, never>>();
    is<Same<Refusing<StreamReaderOptions>, never>>();
    is<Same<Refusing<ReadAllOptions | ReadLineOptions | ReadUntilOptions | LinesOptions>, never>>();
    is<Same<Refusing<DecodeOptions | NdjsonOptions | DelimitedOptions>, never>>();
    is<Same<Exclude<Refusing<LengthPrefixedOptions>, 'bytes'>, never>>();
    is<Same<Refusing<BackpressureOptions<string>>, never>>();
    is<Same<Refusing<WriteToOptions>, never>>();
    is<Same<Refusing<PauseOptions>, never>>();
    // A counter-example: the check can fail.
    is<Same<Refusing<{ a?: number; b?: number | undefined }>, 'a'>>();
    expect(listening.port).toBe(0);
  });

  it('of connections and servers', () => {
    is<Same<ReturnType<typeof connect>, Observable<Connection>>>();
    is<Same<ReturnType<typeof openConnection>, Promise<Connection>>>();
    is<Same<ReturnType<typeof connectionPair>, [Connection, Connection]>>();
    is<Same<ReturnType<typeof listen>, Observable<Server>>>();
    is<Same<ReturnType<typeof startServer>, Promise<Server>>>();
    is<Same<Connection['closed'], Promise<CloseInfo>>>();
    is<Same<CloseInfo['by'], 'local' | 'peer' | 'reset' | 'timeout' | 'error'>>();
    is<Same<NonNullable<Parameters<typeof openConnection>[0]['socket']>, Duplex>>();
    is<Same<Server['connections'], Observable<Connection>>>();
    // @ts-expect-error: a port is a number
    expect(() => openConnection({ port: '80' })).toThrow(TypeError);
  });

  it('of the framing', () => {
    is<Same<ReturnType<typeof fixedSize>, Codec<Buffer, Uint8Array | string>>>();
    is<Same<ReturnType<typeof lengthPrefixed>, Codec<Buffer, Uint8Array | string>>>();
    is<Same<ReturnType<typeof delimited>, Codec<Buffer, Uint8Array | string>>>();
    const messages = ndjson<{ id: number }>();
    is<Same<typeof messages, Codec<{ id: number }>>>();
    const decoded = decode(messages);
    is<Same<typeof decoded, OperatorFunction<Uint8Array, { id: number }>>>();
    const encoded = encode(messages);
    is<Same<typeof encoded, OperatorFunction<{ id: number }, Uint8Array>>>();
    const numbers = decode(function* (read) {
      const size = (yield* read.exactly(1)).readUInt8();
      if (size === 0) return undefined;
      const text = yield* read.line();
      is<Same<typeof text, string>>();
      return size + text.length;
    });
    is<Same<typeof numbers, OperatorFunction<Uint8Array, number>>>();
    is<Same<ReturnType<Decoder<string>['decode']>, string | undefined>>();
    is<Same<Parameters<Decoder<string>['decode']>, [ByteBuffer, boolean]>>();
    is<Same<ReturnType<Encoder<string>['encode']>, Uint8Array>>();
    const [one] = connectionPair();
    // The values that come are not those that go.
    const client = framed<{ answer: string }, { question: number }>(one, ndjson());
    is<Same<typeof client, FramedConnection<{ answer: string }, { question: number }>>>();
    const same = framed(one, ndjson<{ answer: string }, { question: number }>());
    is<Same<typeof same, typeof client>>();
    // @ts-expect-error: a codec of bytes is not one of values
    framed<{ answer: string }, { question: number }>(one, lengthPrefixed({ bytes: 1 }));
    // @ts-expect-error: this one names the type that it decodes
    framed<{ answer: string }, { question: number }>(one, ndjson<{ question: number }>());
    const nested = decode(function* (read) {
      return yield* list(read);
    });
    is<Same<typeof nested, OperatorFunction<Uint8Array, Nested>>>();
    const typed = framed(one, messages);
    is<typeof typed extends Observable<{ id: number }> ? true : false>();
    is<Same<Parameters<(typeof typed)['send']>[0], { id: number }>>();
    is<FrameGenerator<number> extends (read: never) => Generator<undefined, number, undefined> ? true : false>();
    one.destroy();
    expect(typeof decoded).toBe('function');
  });

  it('of the flow operators', () => {
    const [{ writer }] = connectionPair();
    const gate = backpressure<number>(writer, { size: () => 8 });
    is<Same<typeof gate, MonoTypeOperatorFunction<number>>>();
    is<Same<ReturnType<typeof writeTo>, OperatorFunction<Uint8Array | string, number>>>();
    const merged = mergeMapPausing(async (line: string) => line.length, 2);
    is<Same<typeof merged, OperatorFunction<string, number>>>();
    const chained = concatMapPausing((line: string) => [line.length, line]);
    is<Same<typeof chained, OperatorFunction<string, string | number>>>();
    const each = eachValueFrom(StreamReader.from([]).pipe(lines()));
    is<typeof each extends AsyncIterable<string> ? true : false>();
    is<Same<BackpressureOptions<string>['maxBuffered'], number | undefined>>();
    writer.error(new Error('done'));
    expect(typeof each.next).toBe('function');
  });

  it('of the marbles of a test: the values they accept', () => {
    is<Same<Parameters<typeof marbleConnection>[2], MarbleChunks | undefined>>();
    is<Same<MarbleChunks[string], string | Uint8Array | readonly (string | Uint8Array)[]>>();
    is<Same<PressureMarble, 'x' | 'o' | 'c'>>();
    is<Observable<'x'> extends MarblePressure ? true : false>();
    is<Observable<'y'> extends MarblePressure ? false : true>();
    is<Same<MarbleConnection['written$'], Observable<Buffer>>>();
    is<Same<MarbleConnection['paused$'], Observable<boolean>>>();
    is<Same<MarbleConnection['closed$'], Observable<CloseInfo>>>();
    // @ts-expect-error a number is not a chunk
    expect(() => runMarbles(({ connection }) => connection('a', { a: 5 }))).toThrow(TypeError);
    // @ts-expect-error a list of numbers is not one either
    expect(() => runMarbles(({ connection }) => connection('a', { a: [5] }))).toThrow(TypeError);
    // @ts-expect-error it is in milliseconds
    expect(() => runMarbles(({ connection }) => connection('', {}, { pressure: true }))).toThrow(TypeError);
  });

  it('of the errors: their codes are literals', () => {
    is<Same<IncompleteReadError['code'], 'ERR_INCOMPLETE_READ'>>();
    is<Same<IncompleteReadError['partial'], Buffer>>();
    is<Same<IncompleteReadError['expected'], number | null>>();
    is<Same<LimitOverrunError['code'], 'ERR_LIMIT_OVERRUN'>>();
    is<Same<InvalidFrameError['offset'], number>>();
    is<'connect' | 'idle' extends SocketTimeoutError['what'] ? true : false>();
    expect(new IncompleteReadError(Buffer.alloc(0), null).code).toBe('ERR_INCOMPLETE_READ');
  });
});
