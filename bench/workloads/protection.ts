/**
 * What the limits of a server cost, and what they are good for: `docs/protection.md`.
 *
 * - The costs: how many connections a second of processor time accepts, and how many lines it echoes, without a limit and with all of
 *   them. None is reached.
 * - The attacks: an attacker has one address, and a client that does no harm has another. How long does that client wait for its echo, on
 *   a connection that stays and on new ones? How far does the memory of the server grow?
 */
import { readFileSync } from 'node:fs';
import {
  type ConnectionHandler,
  decode,
  encode,
  type ListenOptions,
  lengthPrefixed,
  lines,
  startServer,
  writeTo,
} from 'rxjs-tcp';
import type { AttackCommand, Attacked, AttackKind } from '../driver/attack';
import type { KnockCommand } from '../driver/knock';
import type { VisitCommand, Visited } from '../driver/visit';
import { Child } from '../support/Child';
import { echoLines } from '../support/echoes';
import { overConnection } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import { streamCase } from '../support/streamCase';
import type { Case, Serve, Told, Workload } from '../support/Workload';

const host = '127.0.0.1';
const MIB = 1024 * 1024;
const FLOOR = 'rxjs-tcp without limits';
const ALL = 'rxjs-tcp with all limits';

/** All limits of the preset, as high as nobody reaches them. */
const unreached: Partial<ListenOptions> = {
  protection: 'public',
  maxConnections: 100_000,
  maxConnectionsPerAddress: 100_000,
  acceptRate: 1_000_000,
};

const WARM = 4000;
const TIMED = 16_000;

interface Accepted extends Told {
  readonly type: 'accepted';
  readonly rate: number;
}

/** Ends each connection as soon as it comes. */
function accepting(options: Partial<ListenOptions>): Serve {
  return async (tell) => {
    let count = 0;
    let cpu = process.cpuUsage();
    const server = await startServer(
      (connection) => {
        count++;
        if (count === WARM) cpu = process.cpuUsage();
        if (count === WARM + TIMED) {
          const { user, system } = process.cpuUsage(cpu);
          tell({ type: 'accepted', rate: TIMED / ((user + system) / 1e6) } as Accepted);
        }
        connection.writer.writeEof();
      },
      { host, port: 0, ...options },
    );
    return { port: server.port as number, close: () => void server.close() };
  };
}

const accept: Case = {
  id: 'accept',
  title: 'connections that are accepted and ended',
  metrics: [{ key: 'rate', title: 'k/cpu s', unit: 1e3 }],
  floor: FLOOR,
  contenders: { [FLOOR]: accepting({}), [ALL]: accepting(unreached) },
  main: [],
  async run(running, _time, cores) {
    const contender = startContender(running, cores?.contender);
    const driver = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      driver.tell({ type: 'knock', port, connections: WARM + TIMED } as KnockCommand);
      return { rate: (await contender.next<Accepted>('accepted')).rate };
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

/** An attack: its kind, and the options of the server. */
type Attack = readonly [kind: AttackKind, options?: Partial<ListenOptions>];

const protection = { protection: 'public' } as const;
const UNPROTECTED = 'without protection';
const QUIET = 'no attack';

/** What the server of an attack tells about itself. */
interface Withstood extends Told {
  readonly type: 'withstood';
  /** Bytes: how far the resident memory grew at most. */
  readonly grown: number;
  readonly refused: number;
  readonly failed: number;
}

function tlsOptions(): Partial<ListenOptions> {
  const of = (name: string) => readFileSync(`spec/support/localhost.${name}.pem`);
  return { tls: { key: of('key'), cert: of('cert') } };
}

/** A server that watches its memory until it is asked. */
function withstanding([kind, options = protection]: Attack): Serve {
  return async (tell) => {
    const handler: ConnectionHandler = ({ reader, writer }) =>
      kind === 'frames'
        ? reader.pipe(decode(lengthPrefixed({ bytes: 4 })), encode(lengthPrefixed({ bytes: 4 })), writeTo(writer))
        : reader.pipe(lines(), encode({ encode: (line: string) => Buffer.from(`${line}\n`) }), writeTo(writer));
    const where = { host, port: 0, ...options, ...(kind === 'handshakes' && tlsOptions()) };
    const server = await startServer(handler, where);
    server.errors.subscribe();
    let most = 0;
    let before = 0;
    const look = () => {
      most = Math.max(most, process.memoryUsage.rss());
    };
    const timer = setInterval(look, 20);
    process.on('message', ({ type }: Told) => {
      look();
      const { refused, failed } = server.stats();
      tell({ type: 'withstood', grown: most - before, refused, failed } as Withstood);
      [before, most] = [process.memoryUsage.rss(), 0];
      if (type === 'end') clearInterval(timer);
    });
    return { port: server.port as number, close: () => void server.close() };
  };
}

const attacks: Readonly<Record<string, Attack>> = {
  [QUIET]: ['nothing'],
  '100 stalled handshakes': ['handshakes'],
  '2,000 slow-loris connections': ['loris'],
  'connects without end': ['connects'],
  '40 frames of 16 MiB': ['frames'],
  '2,000 connections with a line a second': ['lines'],
  [`2,000 slow-loris connections, ${UNPROTECTED}`]: ['loris', {}],
  [`connects without end, ${UNPROTECTED}`]: ['connects', {}],
  [`40 frames of 16 MiB, ${UNPROTECTED}`]: ['frames', {}],
};

/** The attacks on a server with the preset. */
export const protectedFrom: readonly string[] = Object.entries(attacks)
  .filter(([name, [, options]]) => name !== QUIET && options === undefined)
  .map(([name]) => name);

/** A message of 64 bytes. */
const messages = {
  line: `${'x'.repeat(63)}\n`,
  frame: `\0\0\0\x3c${'x'.repeat(60)}`,
};

/** How many milliseconds the client is alone, and how many the attack lasts. */
const TIME = { quiet: 3000, before: 1000, attack: 8000 };

const attacked: Case = {
  id: 'attacks',
  title: 'a client, while another address attacks',
  metrics: [
    { key: 'ping99', title: 'echo p99 ms', unit: 1, less: true },
    { key: 'pingTimes', title: '× quiet', unit: 1, ratio: false, less: true },
    { key: 'dial99', title: 'new connection p99 ms', unit: 1, less: true },
    { key: 'dialTimes', title: '× quiet', unit: 1, ratio: false, less: true },
    { key: 'grown', title: 'memory MiB', unit: MIB, ratio: false, less: true },
    { key: 'connects', title: 'attempts', unit: 1, ratio: false },
    { key: 'refused', title: 'refused', unit: 1, ratio: false },
  ],
  floor: QUIET,
  contenders: Object.fromEntries(Object.entries(attacks).map(([name, one]) => [name, withstanding(one)])),
  main: [],
  rounds: 1,
  async run(running, _time, cores) {
    const [kind] = attacks[running.name]!;
    const contender = startContender(running, cores?.contender);
    const visitor = Child.node('driver/driver', [], cores?.driver);
    const attacker = Child.node('driver/driver', [], cores?.driver);
    try {
      const { port } = await contender.next<Listening>('listening');
      const message = kind === 'frames' ? messages.frame : messages.line;
      const visit = async (time: number) => {
        visitor.tell({ type: 'visit', port, message, tls: kind === 'handshakes', time } as VisitCommand);
        return visitor.next<Visited>('visited', 30_000);
      };
      await visit(TIME.quiet);
      const quiet = await visit(TIME.quiet);
      contender.tell({ type: 'begin' });
      await contender.next<Withstood>('withstood');
      attacker.tell({ type: 'attack', kind, port, time: TIME.before + TIME.attack } as AttackCommand);
      await new Promise((resolve) => setTimeout(resolve, TIME.before));
      const { ping99, dial99 } = await visit(TIME.attack);
      const { connects } = await attacker.next<Attacked>('attacked');
      contender.tell({ type: 'end' });
      const { grown, refused } = await contender.next<Withstood>('withstood');
      const pingTimes = ping99 / quiet.ping99;
      return { ping99, pingTimes, dial99, dialTimes: dial99 / quiet.dial99, grown, connects, refused };
    } finally {
      await Promise.all([contender.end(), visitor.end(), attacker.end()]);
    }
  },
};

export const workload: Workload = {
  name: 'protection',
  title: 'Protection',
  cases: [
    accept,
    streamCase({
      id: 'echo',
      title: 'echo of lines of 64 bytes, pipelined',
      stream: { spec: { kind: 'lines', size: 64, text: 'ascii' }, as: 'bytes', echo: true },
      floor: FLOOR,
      contenders: { [FLOOR]: overConnection(echoLines), [ALL]: overConnection(echoLines, unreached) },
      main: [],
    }),
    attacked,
  ],
};
