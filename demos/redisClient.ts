/**
 * A Redis client: RESP2 and RESP3 as a generator, pipelining with `requests`, and messages that the server pushes.
 *
 * A reply is one type byte and what follows from it, with replies inside replies, so its decoder is a generator that calls
 * itself. Commands are answered in order, so `requests` needs no key.
 *
 *     npm run demo -- redisClient                  asks a small server of its own
 *     npm run demo -- redisClient 6379 [host]      asks your Redis (it writes keys that begin with rxjs-tcp:)
 *
 * It prints:
 *
 *     PING                 PONG
 *     SET greeting Grüße   OK
 *     GET greeting         Grüße
 *     GET nothing          null
 *     INCR greeting        ERR value is not an integer or out of range
 *     1000 × INCR counter  1 to 1000, in one write
 *     RPUSH list a b c     3
 *     LRANGE list 0 -1     ["a","b","c"]
 *     HELLO 3              {"proto":3}
 *     HSET hash a 1 b 2    2
 *     HGETALL hash         {"a":"1","b":"2"}
 *     GET nothing          null
 *     SUBSCRIBE news       push ["subscribe","news",1]
 *     PUBLISH news hello   1, push ["message","news","hello"]
 */
import { firstValueFrom, map, type Observable } from 'rxjs';
import {
  type Connection,
  type Encoder,
  type FrameReader,
  InvalidFrameError,
  openConnection,
  type Requests,
  requests,
  type Server,
  replies as serveReplies,
  startServer,
} from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;

/** A reply of Redis. The keys of a map are text here. */
export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | RedisError
  | Push
  | readonly Reply[]
  | { readonly [key: string]: Reply };

/** An error as a reply: only the command has failed. */
export class RedisError {
  constructor(readonly message: string) {}
}

/** A message that the server sends without a command. */
export class Push {
  constructor(readonly items: readonly Reply[]) {}
}

/** No command has deeper replies. Deeper ones would only fill the stack. */
const MAX_DEPTH = 16;

/** A reply of RESP2 or RESP3. */
export function* reply(read: FrameReader, depth = 0): Generator<undefined, Reply, undefined> {
  if (depth > MAX_DEPTH) throw new InvalidFrameError(`there are more than ${MAX_DEPTH} replies inside each other`, 0);
  const line = yield* read.line({ eol: 'crlf' });
  const text = line.slice(1);
  switch (line[0]) {
    case '+':
      return text;
    case '-':
      return new RedisError(text);
    case ':':
      return number(text, /^[+-]?\d+$/);
    case ',':
      return text === 'inf'
        ? Infinity
        : text === '-inf'
          ? -Infinity
          : text === 'nan'
            ? NaN
            : number(text, /^[+-]?[\d.]+(e[+-]?\d+)?$/i);
    case '(':
      if (!/^[+-]?\d+$/.test(text)) throw new InvalidFrameError(`${text} is no number`, 1);
      return BigInt(text);
    case '#':
      return text === 't';
    case '_':
      return null;
    case '$':
      return text === '-1' ? null : yield* blob(read, text);
    case '=':
      return (yield* blob(read, text)).slice(4);
    case '!':
      return new RedisError(yield* blob(read, text));
    case '*':
    case '~':
      return text === '-1' ? null : yield* replies(read, count(text), depth);
    case '>':
      return new Push(yield* replies(read, count(text), depth));
    case '%': {
      const items = yield* replies(read, 2 * count(text), depth);
      return Object.fromEntries(
        Array.from({ length: items.length / 2 }, (_, i) => [String(items[2 * i]), items[2 * i + 1] as Reply]),
      );
    }
    case '|':
      // Attributes come before their reply.
      yield* replies(read, 2 * count(text), depth);
      return yield* reply(read, depth + 1);
    default:
      throw new InvalidFrameError(`there is no type ${JSON.stringify(line[0] ?? '')}`, 0);
  }
}

function* replies(read: FrameReader, size: number, depth: number): Generator<undefined, Reply[], undefined> {
  const items: Reply[] = [];
  while (items.length < size) items.push(yield* reply(read, depth + 1));
  return items;
}

function* blob(read: FrameReader, size: string): Generator<undefined, string, undefined> {
  const content = yield* read.exactly(count(size));
  if (`${yield* read.exactly(2)}` !== '\r\n') throw new InvalidFrameError('a string does not end where it should', 0);
  return `${content}`;
}

function count(text: string): number {
  return number(text, /^\d+$/);
}

function number(text: string, pattern: RegExp): number {
  if (!pattern.test(text)) throw new InvalidFrameError(`${JSON.stringify(text)} is no number`, 1);
  return Number(text);
}

/** A command: its name and arguments, each with its length, so they may contain any bytes. */
export const command: Encoder<readonly (string | Uint8Array)[]> = {
  encode(words) {
    const parts = words.map((word) => Buffer.from(word as string));
    return Buffer.concat([
      Buffer.from(`*${parts.length}\r\n`),
      ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')]),
    ]);
  },
};

/** RESP both ways. A command is a reply too: an array of strings. */
const resp = { decode: reply, encode: command.encode };

/** Commands over one connection: replies come in their order, pushes in between. */
export function redisOver(connection: Connection): Requests<readonly (string | Uint8Array)[], Reply> {
  return requests(connection, resp, { isUnsolicited: (frame) => frame instanceof Push });
}

const KEY = 'rxjs-tcp:';

export async function main(
  log: Log = console.log,
  port?: string,
  host = '127.0.0.1',
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  const given = port === undefined ? undefined : portOf(port);
  const server = given === undefined ? await smallRedis() : undefined;
  const redis = redisOver(await openConnection({ host, port: given ?? (server?.port as number) }));
  const ask = (...words: string[]) => redis.request(words);

  const show = (answer: Reply) =>
    answer instanceof RedisError ? answer.message : typeof answer === 'string' ? answer : JSON.stringify(answer);
  const row = (words: string, answer: string) => log(`${words.padEnd(20)} ${answer}`);
  /** Asks for keys of our own, and shows them without what makes them so. */
  const demo = async (...words: string[]) => {
    const [name = '', key, ...rest] = words;
    row(words.join(' '), show(await ask(name, ...(key === undefined ? [] : [KEY + key]), ...rest)));
  };

  await ask('DEL', ...['greeting', 'nothing', 'counter', 'list', 'hash'].map((key) => KEY + key));
  await demo('PING');
  await demo('SET', 'greeting', 'Grüße');
  await demo('GET', 'greeting');
  await demo('GET', 'nothing');
  await demo('INCR', 'greeting');

  const counts = await Promise.all(Array.from({ length: 1000 }, () => ask('INCR', `${KEY}counter`)));
  const inOrder = counts.every((count, i) => count === i + 1);
  row('1000 × INCR counter', inOrder ? '1 to 1000, in one write' : 'out of order');

  await demo('RPUSH', 'list', 'a', 'b', 'c');
  await demo('LRANGE', 'list', '0', '-1');

  // From here on it is RESP3: maps, pushes, and a null of its own.
  const { proto = 'no' } = (await ask('HELLO', '3')) as { proto?: Reply };
  row('HELLO 3', show({ proto }));
  await demo('HSET', 'hash', 'a', '1', 'b', '2');
  await demo('HGETALL', 'hash');
  await demo('GET', 'nothing');

  const pushed = () =>
    firstValueFrom(redis.unsolicited$.pipe(map((push) => `push ${show((push as Push).items).replaceAll(KEY, '')}`)));
  const subscribed = pushed();
  // It is answered by a push, and not by a reply.
  await redis.send(['SUBSCRIBE', `${KEY}news`]);
  row('SUBSCRIBE news', await subscribed);
  const message = pushed();
  const receivers = await ask('PUBLISH', `${KEY}news`, 'hello');
  row('PUBLISH news hello', `${show(receivers)}, ${await message}`);

  await redis.close();
  await server?.close();
}

/** A server that knows the commands above. */
function smallRedis(): Promise<Server> {
  const data = new Map<string, string | string[] | Map<string, string>>();

  function answer(words: readonly string[], resp3: boolean): string {
    const [name = '', key = '', ...rest] = words;
    const value = data.get(key);
    const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
    const many = (type: string, size: number, texts: readonly string[]) =>
      `${type}${size}\r\n${texts.map(bulk).join('')}`;
    switch (name.toUpperCase()) {
      case 'PING':
        return '+PONG\r\n';
      case 'DEL':
        return `:${[key, ...rest].filter((one) => data.delete(one)).length}\r\n`;
      case 'SET':
        data.set(key, rest[0] ?? '');
        return '+OK\r\n';
      case 'GET':
        return value === undefined ? (resp3 ? '_\r\n' : '$-1\r\n') : bulk(String(value));
      case 'INCR': {
        const next = Number(value ?? 0) + 1;
        if (Number.isNaN(next)) return '-ERR value is not an integer or out of range\r\n';
        data.set(key, String(next));
        return `:${next}\r\n`;
      }
      case 'RPUSH':
        data.set(key, rest);
        return `:${rest.length}\r\n`;
      case 'LRANGE':
        return many('*', (value as string[]).length, value as string[]);
      case 'HSET':
        data.set(
          key,
          new Map(rest.flatMap((field, i) => (i % 2 === 0 ? [[field, rest[i + 1] ?? '']] : []) as [string, string][])),
        );
        return `:${rest.length / 2}\r\n`;
      case 'HGETALL':
        return many('%', (value as Map<string, string>).size, [...(value as Map<string, string>)].flat());
      case 'HELLO':
        return `%1\r\n${bulk('proto')}:3\r\n`;
      case 'SUBSCRIBE':
        return `>3\r\n${bulk('subscribe')}${bulk(key)}:1\r\n`;
      case 'PUBLISH':
        return `:1\r\n${many('>', 3, ['message', key, rest[0] ?? ''])}`;
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  function serve(connection: Connection): Observable<string> {
    let resp3 = false;
    const codec = { decode: reply, encode: (text: string) => Buffer.from(text) };
    return serveReplies<Reply, string>(connection, codec, (words) => {
      resp3 ||= (words as string[])[0] === 'HELLO';
      return answer(words as string[], resp3);
    });
  }

  return startServer(serve, { host: '127.0.0.1', port: 0 });
}

if (require.main === module) run(main);
