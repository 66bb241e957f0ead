/**
 * What a request costs next to the same by hand: a queue or a map of promises in front of the same codec. Both without the time
 * limits, signals and bounds that `requests` has; the peer is a stream that sends back what it gets.
 */
import { Duplex } from 'node:stream';
import { type Codec, type Connection, decode, openConnection, requests } from 'rxjs-tcp';
import { cpuSeconds } from '../support/cpuSeconds';
import { ownProcessCase } from '../support/ownProcessCase';
import type { Case, Workload } from '../support/Workload';

interface Message {
  readonly id: number;
  readonly body: Buffer;
}

const BODY = Buffer.alloc(60, 'x');

/** Twelve bytes of length, number and type, as many binary protocols have, and a body. */
const codec: Codec<Message> = {
  decode(buffer) {
    if (buffer.length < 4) return undefined;
    const size = buffer.peek(4).readUInt32BE();
    if (buffer.length < 4 + size) return undefined;
    const frame = buffer.take(4 + size);
    return { id: frame.readUInt32BE(4), body: frame.subarray(8) };
  },
  encode({ id, body }) {
    const frame = Buffer.allocUnsafe(8 + body.length);
    frame.writeUInt32BE(4 + body.length, 0);
    frame.writeUInt32BE(id, 4);
    frame.set(body, 8);
    return frame;
  },
};

type Ask = (message: Message) => Promise<Message>;
type Client = (connection: Connection) => Ask;

const inOrderByHand: Client = ({ reader, writer }) => {
  const waiting: { resolve(reply: Message): void; reject(error: unknown): void }[] = [];
  let at = 0;
  const fail = (error: unknown) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  reader.pipe(decode(codec)).subscribe({
    next: (reply) => {
      waiting[at++]?.resolve(reply);
      if (at === waiting.length) at = waiting.length = 0;
    },
    error: fail,
    complete: () => fail(new Error('the connection has ended')),
  });
  return (message) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      writer.write(codec.encode(message));
    });
};

const byKeyByHand: Client = ({ reader, writer }) => {
  const waiting = new Map<number, { resolve(reply: Message): void; reject(error: unknown): void }>();
  const fail = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  reader.pipe(decode(codec)).subscribe({
    next: (reply) => {
      waiting.get(reply.id)?.resolve(reply);
      waiting.delete(reply.id);
    },
    error: fail,
    complete: () => fail(new Error('the connection has ended')),
  });
  return (message) =>
    new Promise((resolve, reject) => {
      waiting.set(message.id, { resolve, reject });
      writer.write(codec.encode(message));
    });
};

const key = { request: ({ id }: Message) => id, reply: ({ id }: Message) => id };

const inOrder: Record<string, Client> = {
  'by hand': inOrderByHand,
  'rxjs-tcp requests()': (connection) => {
    const calls = requests(connection, codec);
    return (message) => calls.request(message);
  },
};

const byKey: Record<string, Client> = {
  'by hand': byKeyByHand,
  'rxjs-tcp requests()': (connection) => {
    const calls = requests(connection, codec, { key });
    return (message) => calls.request(message);
  },
};

/** So many requests, so many of them under way at once. */
const REQUESTS = 200_000;

/** A stream that sends back what it gets. */
function mirror(): Duplex {
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      stream.push(chunk);
      done();
    },
    writev(chunks, done) {
      stream.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)));
      done();
    },
  });
  return stream;
}

async function ask(client: Client, atOnce: number): Promise<void> {
  const connection = await openConnection({ socket: mirror() });
  const call = client(connection);
  let id = 0;
  const worker = async () => {
    while (id < REQUESTS) {
      const message = { id: ++id, body: BODY };
      const reply = await call(message);
      if (reply.id !== message.id) throw new Error(`Cannot trust a run: ${message.id} got the reply to ${reply.id}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  connection.destroy();
}

function caseOf(id: string, title: string, clients: Record<string, Client>, atOnce: number): Case {
  const measure = async (client: Client) => {
    await ask(client, atOnce);
    return { time: ((await cpuSeconds(() => ask(client, atOnce))) / REQUESTS) * 1e6 };
  };
  const names = Object.keys(clients);
  return ownProcessCase({
    id,
    title,
    metrics: [{ key: 'time', title: 'cpu µs a request', unit: 1, less: true }],
    floor: names[0] as string,
    main: names.slice(1),
    rounds: 7,
    contenders: Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, () => measure(client)])),
  });
}

export const workload: Workload = {
  name: 'requests',
  title: 'Requests and replies',
  cases: [
    caseOf('inOrder', 'requests in order, 100 at once', inOrder, 100),
    caseOf('byKey', 'requests by key, 100 at once', byKey, 100),
    caseOf('oneAtATime', 'requests in order, one at a time', inOrder, 1),
  ],
};
