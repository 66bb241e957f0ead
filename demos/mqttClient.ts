/**
 * MQTT: a codec on top of a codec. Every packet has one byte of type and flags, then its length as a varint.
 *
 * One line of options, `PACKETS` below, cuts the packets. `parse` reads what is inside. A client and a small broker talk over
 * connections that are streams of packets.
 *
 *     npm run demo -- mqttClient                  talks to a small broker of its own
 *     npm run demo -- mqttClient 1883 [host]      talks to your broker
 *
 * It prints:
 *
 *     A packet's header, for payloads of so many bytes:
 *          0    30 05
 *        122    30 7f
 *        123    30 80 01
 *      16378    30 ff 7f
 *      16379    30 80 80 01
 *     client  connect       {"client":"demo","keepAlive":60}
 *     broker  connack       {"code":0}
 *     client  subscribe     {"id":1,"topics":["news"]}
 *     broker  suback        {"id":1,"codes":[0]}
 *     client  publish       {"topic":"news","payload":"hello"}
 *     broker  publish       {"topic":"news","payload":"hello"}
 *     client  pingreq       {}
 *     broker  pingresp      {}
 *     client  disconnect    {}
 */
import { finalize, firstValueFrom, type Observable } from 'rxjs';
import {
  ByteBuffer,
  type Codec,
  type Connection,
  framed,
  InvalidFrameError,
  lengthPrefixed,
  openConnection,
  type Requests,
  replies,
  requests,
  type Server,
  startServer,
} from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;

/** A byte of type and flags, a length of up to four bytes, and that many bytes. */
const PACKETS = lengthPrefixed({ bytes: 'varint', offset: 1, strip: false, maxLength: 268_435_455 });

/** The packets of MQTT 3.1.1 that this demo speaks. */
export type Packet =
  | { readonly type: 'connect'; readonly client: string; readonly keepAlive: number }
  | { readonly type: 'connack'; readonly code: number }
  | { readonly type: 'publish'; readonly topic: string; readonly payload: string }
  | { readonly type: 'subscribe'; readonly id: number; readonly topics: readonly string[] }
  | { readonly type: 'suback'; readonly id: number; readonly codes: readonly number[] }
  | { readonly type: 'pingreq' | 'pingresp' | 'disconnect' };

/** The first byte of each packet: its number, and its flags. */
const FIRST: Record<Packet['type'], number> = {
  connect: 0x10,
  connack: 0x20,
  publish: 0x30,
  subscribe: 0x82,
  suback: 0x90,
  pingreq: 0xc0,
  pingresp: 0xd0,
  disconnect: 0xe0,
};

export const mqtt: Codec<Packet> = {
  decode(buffer, ended) {
    const packet = PACKETS.decode(buffer, ended);
    return packet && parse(packet);
  },
  encode(packet) {
    const body = bodyOf(packet);
    return PACKETS.encode(Buffer.concat([Buffer.from([FIRST[packet.type]]), varint(body.length), body]));
  },
};

/** Reads a whole packet. */
function parse(packet: Buffer): Packet {
  const type = (Object.keys(FIRST) as Packet['type'][]).find((name) => FIRST[name] === packet[0]);
  if (type === undefined) throw new InvalidFrameError(`there is no packet ${packet[0]?.toString(16)}`, 0);
  const body = new ByteBuffer();
  body.append(packet);
  body.skip(1);
  while ((body.take(1)[0] as number) >= 0x80);
  const offset = () => packet.length - body.length;
  const need = (size: number) => {
    if (body.length < size) throw new InvalidFrameError(`a ${type} lacks ${size - body.length} bytes`, offset());
    return size;
  };
  const number = (size: 1 | 2) => body.take(need(size)).readUIntBE(0, size);
  const text = () => `${body.take(need(number(2)))}`;
  const whole = <P extends Packet>(result: P): P => {
    if (body.length > 0) throw new InvalidFrameError(`a ${type} has ${body.length} bytes too many`, offset());
    return result;
  };

  switch (type) {
    case 'connect': {
      if (text() !== 'MQTT' || number(1) !== 4) throw new InvalidFrameError('it is not MQTT 3.1.1', offset());
      if (number(1) !== 2) throw new InvalidFrameError('these flags are not known here', offset());
      const keepAlive = number(2);
      return whole({ type, client: text(), keepAlive });
    }
    case 'connack':
      number(1);
      return whole({ type, code: number(1) });
    case 'publish':
      return whole({ type, topic: text(), payload: `${body.take(body.length)}` });
    case 'subscribe': {
      const [id, topics] = [number(2), [] as string[]];
      while (body.length > 0) {
        topics.push(text());
        number(1);
      }
      return { type, id, topics };
    }
    case 'suback':
      return { type, id: number(2), codes: [...body.take(body.length)] };
    default:
      return whole({ type });
  }
}

function bodyOf(packet: Packet): Buffer {
  const text = (value: string) => Buffer.concat([uint16(Buffer.byteLength(value)), Buffer.from(value)]);
  switch (packet.type) {
    case 'connect':
      return Buffer.concat([text('MQTT'), Buffer.from([4, 2]), uint16(packet.keepAlive), text(packet.client)]);
    case 'connack':
      return Buffer.from([0, packet.code]);
    case 'publish':
      return Buffer.concat([text(packet.topic), Buffer.from(packet.payload)]);
    case 'subscribe':
      return Buffer.concat([uint16(packet.id), ...packet.topics.flatMap((topic) => [text(topic), Buffer.from([0])])]);
    case 'suback':
      return Buffer.concat([uint16(packet.id), Buffer.from(packet.codes)]);
    default:
      return Buffer.alloc(0);
  }
}

function uint16(value: number): Buffer {
  if (value > 0xffff) throw new InvalidFrameError(`${value} does not fit into two bytes`, 0, 'encode');
  return Buffer.from([value >> 8, value & 0xff]);
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value % 128) | 0x80]), varint(value >> 7)]);
}

/** Packets over one connection: the answers come in order, and what others publish comes in between. */
export function mqttOver(connection: Connection): Requests<Packet, Packet> {
  return requests(connection, mqtt, { isUnsolicited: ({ type }) => type === 'publish' });
}

export async function main(
  log: Log = console.log,
  port?: string,
  host = '127.0.0.1',
  ...surplus: string[]
): Promise<void> {
  noMore(surplus);
  const given = port === undefined ? undefined : portOf(port);
  log("A packet's header, for payloads of so many bytes:");
  for (const size of [0, 122, 123, 16_378, 16_379]) {
    const packet = Buffer.from(mqtt.encode({ type: 'publish', topic: 'abc', payload: 'x'.repeat(size) }));
    const header = packet.subarray(0, packet.length - size - 5);
    log(`${String(size).padStart(6)}    ${header.toString('hex').match(/../g)?.join(' ')}`);
  }

  const broker = given === undefined ? await smallBroker() : undefined;
  const connection = await openConnection({ host, port: given ?? (broker?.port as number) });
  const client = mqttOver(connection);
  const row = (who: string, { type, ...rest }: Packet) => log(`${who}  ${type.padEnd(13)} ${JSON.stringify(rest)}`);

  const ask = async (packet: Packet) => {
    row('client', packet);
    row('broker', await client.request(packet));
  };
  const tell = async (packet: Packet) => {
    row('client', packet);
    await client.send(packet);
  };
  await ask({ type: 'connect', client: 'demo', keepAlive: 60 });
  await ask({ type: 'subscribe', id: 1, topics: ['news'] });
  const published = firstValueFrom(client.unsolicited$);
  await tell({ type: 'publish', topic: 'news', payload: 'hello' });
  row('broker', await published);
  await ask({ type: 'pingreq' });
  await tell({ type: 'disconnect' });
  await client.close();
  await broker?.close();
}

/** Sends each published packet to all subscribers of its topic. */
function smallBroker(): Promise<Server> {
  const subscribers = new Map<string, Set<(packet: Packet) => void>>();

  function serve(connection: Connection): Observable<unknown> {
    const packets = framed(connection, mqtt);
    const tell = (packet: Packet) => packets.next(packet);

    function answer(packet: Packet): Packet | undefined {
      switch (packet.type) {
        case 'connect':
          return { type: 'connack', code: 0 };
        case 'subscribe':
          for (const topic of packet.topics) subscribers.set(topic, (subscribers.get(topic) ?? new Set()).add(tell));
          return { type: 'suback', id: packet.id, codes: packet.topics.map(() => 0) };
        case 'publish':
          for (const other of subscribers.get(packet.topic) ?? []) other(packet);
          return undefined;
        case 'pingreq':
          return { type: 'pingresp' };
        default:
          return undefined;
      }
    }

    return replies(connection, mqtt, answer).pipe(
      finalize(() => {
        for (const each of subscribers.values()) each.delete(tell);
      }),
    );
  }

  return startServer(serve, { host: '127.0.0.1', port: 0 });
}

if (require.main === module) run(main);
