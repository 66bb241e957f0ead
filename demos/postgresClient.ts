/**
 * A PostgreSQL client: STARTTLS and a login as a handshake, pipelined queries with `requests`, and a result of any size, row by row.
 *
 * A message is one byte of type and its length, so one line of options, `FRAMES` below, cuts it. A result is many messages: `result`
 * is a generator that reads a whole one as the reply to its query; `rows` emits each row as it arrives, and its consumer holds
 * the server.
 *
 *     npm run demo -- postgresClient                          asks a small server of its own
 *     npm run demo -- postgresClient 5432 user [password]     asks your server on 127.0.0.1
 *
 * It prints:
 *
 *     SELECT 6 * 7           42
 *     SELECT 'Grüße', NULL   Grüße, null
 *     SELECT 1 / 0           22012 division by zero
 *     1000 queries at once   1 to 1000, in order
 *     10000 rows, streamed   their sum is 50005000
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import {
  concatWith,
  defer,
  EMPTY,
  filter,
  firstValueFrom,
  lastValueFrom,
  map,
  type Observable,
  takeWhile,
  tap,
} from 'rxjs';
import {
  type Codec,
  type Connection,
  decode,
  eachValueFrom,
  type FrameReader,
  framed,
  InvalidFrameError,
  lengthPrefixed,
  openConnection,
  type Requests,
  replies,
  requests,
  type Server,
  type StartTlsOptions,
  startServer,
} from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';
import { testCertificate } from './support/testCertificate';

type Log = (line: string) => void;

/** One byte of type, and a length that counts its own four bytes. */
const FRAMES = lengthPrefixed({ bytes: 4, offset: 1, adjustment: -4, strip: false });

/** A message of either side. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export const messages: Codec<Message> = {
  decode(buffer, ended) {
    const frame = FRAMES.decode(buffer, ended);
    return frame && { type: String.fromCharCode(frame[0] as number), body: frame.subarray(5) };
  },
  encode: ({ type, body }) => Buffer.concat([Buffer.from(type, 'latin1'), int32(body.length + 4), body]),
};

/** A row: the text of each column. */
export type Row = readonly (string | null)[];

/** A whole result: its rows, or why there are none. */
export type Result = readonly Row[] | PostgresError;

/** An error of the server: only the query has failed. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  constructor(
    /** Five letters or digits: the SQLSTATE. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** As many rows as are kept for one reply. */
const MAX_ROWS = 10_000;

/** All messages up to the one that says that the server is ready. */
export function* result(read: FrameReader): Generator<undefined, Result, undefined> {
  const all: Row[] = [];
  let failure: PostgresError | undefined;
  for (;;) {
    const head = yield* read.exactly(5);
    const size = head.readUInt32BE(1);
    if (size < 4) throw new InvalidFrameError(`a length of ${size} does not count its own bytes`, 1);
    const body = yield* read.exactly(size - 4);
    const type = String.fromCharCode(head[0] as number);
    if (type === 'Z') return failure ?? all;
    if (type === 'E') failure = errorOf(body);
    if (type !== 'D') continue;
    if (all.length === MAX_ROWS) throw new InvalidFrameError(`a result has more than ${MAX_ROWS} rows`, 0);
    all.push(rowOf(body));
  }
}

/** Queries over one connection, which it logs in first. They are answered in order. */
export function queriesOver(connection: Connection, account: Account): Requests<string, Result> {
  const codec = { decode: result, encode: (sql: string) => messages.encode(query(sql)) };
  return requests<string, Result>(connection, codec, { handshake: () => login(connection, account) });
}

/**
 * The rows of a query as they arrive. Its consumer holds the server, with any flow operator. If you unsubscribe early, end the connection:
 * the other rows are still on their way.
 */
export function rows(connection: Connection, sql: string): Observable<Row> {
  const frames = framed(connection, messages);
  return defer(() => {
    let failure: Error | undefined = new Error('Cannot read all rows: the server has ended the connection');
    frames.next(query(sql));
    return frames.pipe(
      tap(({ type, body }) => {
        if (type === 'E') failure = errorOf(body);
        else if (type === 'Z' && !(failure instanceof PostgresError)) failure = undefined;
      }),
      takeWhile(({ type }) => type !== 'Z'),
      filter(({ type }) => type === 'D'),
      map(({ body }) => rowOf(body)),
      concatWith(
        defer(() => {
          if (failure !== undefined) throw failure;
          return EMPTY;
        }),
      ),
    );
  });
}

/** The name under which a client logs in, and how it proves it. */
export interface Account {
  readonly user: string;
  readonly password?: string;
  /** Default: as the user. */
  readonly database?: string;
  /** With it, the connection is upgraded before the server learns anything. */
  readonly tls?: StartTlsOptions;
}

/** What a client sends first: the version of the protocol, or a wish for TLS. */
const VERSION_3 = 196_608;
const WANTS_TLS = 80_877_103;

/** Upgrades to TLS, and logs in: without a password, with MD5, or with SCRAM-SHA-256. */
export async function login(connection: Connection, { user, password, database = user, tls }: Account): Promise<void> {
  const { reader, writer } = connection;
  if (tls !== undefined) {
    writer.write(untyped(int32(WANTS_TLS)));
    const answer = `${await reader.readExactly(1)}`;
    if (answer !== 'S') throw new Error(`Cannot use TLS: the server says ${answer}`);
    await connection.startTls(tls);
  }
  writer.write(untyped(int32(VERSION_3), strings('user', user, 'database', database, '')));
  const needed = () => {
    if (password !== undefined) return password;
    throw new Error(`Cannot log in as ${user}: the server wants a password`);
  };
  let proof: Scram | undefined;
  for (;;) {
    const { type, body } = await firstValueFrom(reader.pipe(decode(messages)));
    if (type === 'E') throw errorOf(body);
    if (type === 'Z') return;
    // Settings, a key for cancelling, notices.
    if (type !== 'R') continue;
    const method = body.readInt32BE(0);
    const rest = body.subarray(4);
    if (method === 0) {
      if (proof?.proved === false) throw new Error('Cannot trust the server: it does not know the password');
    } else if (method === 5) {
      writer.write(messages.encode({ type: 'p', body: strings(md5Of(user, needed(), rest)) }));
    } else if (method === 10) {
      if (!`${rest}`.split('\0').includes(SCRAM)) throw new Error(`Cannot log in: the server does not offer ${SCRAM}`);
      proof = new Scram(needed());
      const first = Buffer.from(proof.first);
      writer.write(messages.encode({ type: 'p', body: Buffer.concat([strings(SCRAM), int32(first.length), first]) }));
    } else if (method === 11 && proof !== undefined) {
      writer.write(messages.encode({ type: 'p', body: Buffer.from(await proof.answer(`${rest}`)) }));
    } else if (method === 12 && proof !== undefined) {
      proof.check(`${rest}`);
    } else {
      throw new Error(`Cannot log in: the server wants the method ${method}`);
    }
  }
}

const SCRAM = 'SCRAM-SHA-256';
/** A server that wants more work than this means no good. */
const MAX_ITERATIONS = 1_000_000;

/** A login in which neither side shows the password, and both prove that they know it: RFC 7677. The password is ASCII. */
export class Scram {
  /** The first message, of the client. */
  readonly first: string;
  /** True once the server has proved that it knows the password. */
  proved = false;
  private signature = Buffer.alloc(0);

  constructor(
    private readonly password: string,
    private readonly user = '',
    private readonly nonce = randomBytes(18).toString('base64'),
  ) {
    this.first = `n,,n=${user},r=${nonce}`;
  }

  /** The second message of the client, after the first one of the server. */
  async answer(challenge: string): Promise<string> {
    const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
    const iterations = Number(count);
    if (!nonce.startsWith(this.nonce) || nonce === this.nonce || !(iterations >= 1 && iterations <= MAX_ITERATIONS)) {
      throw new Error(`Cannot log in: ${challenge} is no answer to this client`);
    }
    const salted = await promisify(pbkdf2)(this.password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const clientKey = hmac(salted, 'Client Key');
    const start = `c=biws,r=${nonce}`;
    const all = `n=${this.user},r=${this.nonce},${challenge},${start}`;
    const mask = hmac(createHash('sha256').update(clientKey).digest(), all);
    this.signature = hmac(hmac(salted, 'Server Key'), all);
    return `${start},p=${Buffer.from(clientKey.map((byte, i) => byte ^ (mask[i] as number))).toString('base64')}`;
  }

  /** The last message, of the server. */
  check(text: string): void {
    const given = Buffer.from(/^v=(.+)$/.exec(text)?.[1] ?? '', 'base64');
    this.proved =
      this.signature.length > 0 && given.length === this.signature.length && timingSafeEqual(given, this.signature);
    if (!this.proved) throw new Error('Cannot trust the server: it does not know the password');
  }
}

function md5Of(user: string, password: string, salt: Buffer): string {
  const md5 = (...parts: (string | Buffer)[]) =>
    createHash('md5')
      .update(Buffer.concat(parts.map((part) => Buffer.from(part as string))))
      .digest('hex');
  return `md5${md5(md5(password, user), salt)}`;
}

function rowOf(body: Buffer): Row {
  let at = 2;
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const size = body.readInt32BE(at);
    at += 4;
    if (size < 0) return null;
    at += size;
    return body.toString('utf8', at - size, at);
  });
}

/** An error is a list of fields, each with a letter. */
function errorOf(body: Buffer): PostgresError {
  const fields = new Map(`${body}`.split('\0').map((field) => [field.slice(0, 1), field.slice(1)]));
  return new PostgresError(fields.get('C') ?? '', fields.get('M') ?? 'no message');
}

function query(sql: string): Message {
  return { type: 'Q', body: strings(sql) };
}

function untyped(...parts: Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 4);
  return Buffer.concat([int32(size), ...parts]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function strings(...texts: string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\0`).join(''));
}

export async function main(
  log: Log = console.log,
  port?: string,
  user = 'postgres',
  password?: string,
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  const given = port === undefined ? undefined : portOf(port);
  const server = given === undefined ? await smallPostgres() : undefined;
  const address = { host: '127.0.0.1', port: given ?? (server?.port as number) };
  const account: Account = {
    user,
    ...(password === undefined ? {} : { password }),
    ...(server === undefined ? {} : { tls: { ca: testCertificate.cert, servername: 'localhost' } }),
  };
  const row = (words: string, answer: string) => log(`${words.padEnd(21)}  ${answer}`);

  const postgres = queriesOver(await openConnection(address), account);
  for (const sql of ['SELECT 6 * 7', "SELECT 'Grüße', NULL", 'SELECT 1 / 0']) {
    const answer = await postgres.request(sql);
    row(
      sql,
      answer instanceof PostgresError
        ? `${answer.code} ${answer.message}`
        : answer.map((columns) => columns.map(String).join(', ')).join(),
    );
  }
  const numbers = Array.from({ length: 1000 }, (_, i) => `${i + 1}`);
  const answers = await Promise.all(numbers.map((number) => postgres.request(`SELECT ${number}`)));
  const inOrder = answers.every((answer, i) => !(answer instanceof Error) && answer[0]?.[0] === numbers[i]);
  row('1000 queries at once', inOrder ? '1 to 1000, in order' : 'out of order');
  await postgres.close();

  const connection = await openConnection(address);
  await login(connection, account);
  let [count, sum] = [0, 0];
  for await (const [number] of eachValueFrom(rows(connection, 'SELECT generate_series(1, 10000)'))) {
    count++;
    sum += Number(number);
  }
  row(`${count} rows, streamed`, `their sum is ${sum}`);
  connection.writer.write(messages.encode({ type: 'X', body: Buffer.alloc(0) }));
  await connection.close();
  await server?.close();
}

/** A server that knows the queries above. */
function smallPostgres(): Promise<Server> {
  const READY: Message = { type: 'Z', body: Buffer.from('I') };

  function values(sql: string): Iterable<readonly (string | null)[]> {
    const [, last] = /^SELECT generate_series\(1, (\d+)\)$/.exec(sql) ?? [];
    if (last !== undefined) return counting(Number(last));
    const [, number] = /^SELECT (\d+)$/.exec(sql) ?? [];
    return [number !== undefined ? [number] : sql === 'SELECT 6 * 7' ? ['42'] : ['Grüße', null]];
  }

  function* counting(last: number): Generator<readonly string[]> {
    for (let i = 1; i <= last; i++) yield [`${i}`];
  }

  function dataRow(columns: readonly (string | null)[]): Message {
    const count = Buffer.from([0, columns.length]);
    const cells = columns.map((text) =>
      text === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]),
    );
    return { type: 'D', body: Buffer.concat([count, ...cells]) };
  }

  /** `replies` asks for no more while the client takes nothing. */
  async function* answer(sql: string): AsyncGenerator<Message> {
    if (sql === 'SELECT 1 / 0') {
      yield { type: 'E', body: strings('SERROR', 'C22012', 'Mdivision by zero', '') };
    } else {
      for (const columns of values(sql)) yield dataRow(columns);
      yield { type: 'C', body: strings('SELECT') };
    }
    yield READY;
  }

  async function serve(connection: Connection): Promise<void> {
    const { reader, writer } = connection;
    await reader.readExactly(8);
    writer.write('S');
    await connection.startTls(testCertificate);
    await reader.readExactly((await reader.readExactly(4)).readUInt32BE() - 4);
    for (const message of [{ type: 'R', body: int32(0) }, READY]) writer.write(messages.encode(message));
    const served = replies<Message, Message>(connection, messages, ({ type, body }) =>
      type === 'Q' ? answer(`${body.subarray(0, -1)}`) : undefined,
    );
    await lastValueFrom(served, { defaultValue: undefined });
  }

  return startServer(serve, { host: '127.0.0.1', port: 0 });
}

if (require.main === module) run(main);
