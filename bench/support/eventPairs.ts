/**
 * Random pairs of events on one connection: what happens when two events meet?
 *
 * One trial joins two ends. Both send numbered lines and read in some way. Then two events happen: in the same turn of the event
 * loop, or a microtask, a tick or a turn apart. Afterwards it ends the connection and checks:
 *
 * - Did each end receive the beginning of what the other sent, each line once and in order?
 * - If nothing broke the connection: all of it? If something did: every byte that had arrived before?
 * - Was nothing that came in the clear delivered after `startTls`?
 * - Did every promise settle?
 *
 * A trial depends only on its seed, and on how the kernel cuts bytes.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, map, type Subscription } from 'rxjs';
import {
  type Connection,
  concatMapPausing,
  connectionPair,
  decode,
  eachValueFrom,
  IncompleteReadError,
  lines,
  mergeMapPausing,
  openConnection,
  PlaintextPendingError,
  ReaderBusyError,
  readLine,
  type Server,
  startServer,
} from 'rxjs-tcp';
import { PATIENCE, settles, turn } from './patience';
import { pick, type Random, random as randomOf } from './random';
import { StrayErrors } from './StrayErrors';

export type PairKind = 'TCP' | 'TLS' | 'Unix' | 'memory';

export interface EventPairsOptions {
  /** A certificate for localhost and 127.0.0.1, and its key. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer };
  /** The first seed. */
  readonly seed: number;
  /** How many trials, each with the next seed. */
  readonly trials: number;
  /** How many at once. */
  readonly atOnce: number;
  /** Called after each trial. */
  readonly onTrial?: ((done: number) => void) | undefined;
}

export interface EventPairsResult {
  readonly trials: number;
  /** How many lines were delivered. */
  readonly frames: number;
  /** How often each event happened. */
  readonly events: Record<string, number>;
  /** The faults, each with its trial. */
  readonly faults: string[];
}

const { setImmediate } = globalThis;

/** One end: the lines that it sent and received, and its pending promises. */
class End {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly faults: string[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly releases: (() => void)[] = [];
  private readonly pending = new Map<Promise<unknown>, string>();
  /** True from the call of `startTls` on, unless the call leaves the connection as it was. */
  upgrading = false;
  /** True once `startTls` was called, even if it failed: the bytes of a handshake count as read and are no lines. */
  upgraded = false;
  private leaked: string[] = [];
  private garbled = false;
  /** True once it was closed, reset, destroyed or aborted here: what still arrives is dropped. */
  endedHere = false;
  /** How many bytes had been read when it was ended here. Later bytes are dropped. */
  private readUntilEnd: number | undefined;
  /** How many bytes were read before this. */
  private readonly readBefore: number;
  /** How many bytes were delivered. A line counts with its ending, even if that is missing. */
  private delivered = 0;
  /** True once it was closed here in good order. */
  closedHere = false;
  /** The other end may lose something from here on. */
  broken = false;
  /** True once it wrote past TLS. */
  brokeRecord = false;

  constructor(
    readonly name: string,
    readonly connection: Connection,
    readonly side: 'client' | 'server',
    /** The socket under TLS, to write past TLS. */
    readonly raw: Socket | undefined,
    readonly abort: AbortController,
  ) {
    this.readBefore = connection.bytesRead - connection.reader.bufferedAmount;
    this.track('closed', connection.closed);
    this.track('waitClosed()', connection.writer.waitClosed());
  }

  /** Notes that it is closed, reset, destroyed or aborted here now. */
  ends(inGoodOrder: boolean): void {
    // After a first end in good order, a second end may break it.
    this.closedHere = inGoodOrder && !this.endedHere;
    this.endedHere = true;
    this.countUntilNow();
  }

  /** From now on, bytes that arrive are dropped. */
  countUntilNow(): void {
    this.readUntilEnd ??= this.connection.bytesRead;
  }

  send(size: number): void {
    const line = `${this.upgrading ? 's' : 'c'}${this.sent.length}:${'x'.repeat(size)}`;
    if (this.connection.writer.isClosing()) return;
    try {
      this.connection.writer.write(`${line}\n`);
      this.sent.push(line);
    } catch {
      // It was ended here.
    }
  }

  readonly take = (line: string | Uint8Array, inTheClear = !this.upgrading): void => {
    const text = `${line}`.trimEnd();
    this.delivered += text.length + 1;
    // The handshake of the other end if this one has none, and the rest of a line that was cut.
    if (!/^[cs]\d+:/.test(text)) this.garbled = true;
    if (this.garbled) return;
    this.received.push(text);
    // An upgrade that was refused has changed nothing.
    if (!inTheClear && this.upgrading && text.startsWith('c')) this.leaked.push(text);
  };

  /** The rest of a line that was cut was read. */
  passOver(size: number): void {
    this.delivered += size;
  }

  /** A read has failed, perhaps with the rest of a line that was cut. */
  readonly failed = (error: unknown): void => {
    if (error instanceof IncompleteReadError) this.passOver(error.partial.length);
  };

  track(what: string, promise: PromiseLike<unknown>): void {
    const settled: Promise<unknown> = Promise.resolve(promise).then(
      () => this.pending.delete(settled),
      () => this.pending.delete(settled),
    );
    this.pending.set(settled, what);
  }

  /** Whether the connection was over already when `startTls` was called. */
  get over(): boolean {
    try {
      this.connection.writer.write('');
      return false;
    } catch {
      return true;
    }
  }

  upgrade(tls: object, other: End): void {
    const { over } = this;
    let sameTurn = true;
    setImmediate(() => {
      sameTurn = false;
    });
    this.upgrading = this.upgraded = true;
    let upgrade: Promise<void>;
    try {
      upgrade = this.connection.startTls({ ...tls, side: this.side, handshakeTimeout: 2000 });
    } catch {
      // There is no TLS on this transport.
      this.upgrading = false;
      return;
    }
    this.track(
      'startTls()',
      upgrade.catch((error: unknown) => {
        // An upgrade that was refused at the call has changed nothing.
        const usable = this.endedHere || !this.connection.writer.isClosing();
        const pending = error instanceof PlaintextPendingError && usable;
        if (over || pending || (sameTurn && other.over)) {
          this.upgrading = false;
          this.leaked = [];
        }
        if (!over && !pending) this.broken = true;
      }),
    );
  }

  /** The faults of the lines that arrived here. */
  check(other: End): string[] {
    const { sent } = other;
    const { received, connection } = this;
    const at = received.findIndex((line, index) => line !== sent[index]);
    // The stream ended inside the last one.
    const cut = at === received.length - 1 && (this.endedHere || this.broken || other.endedHere || other.broken);
    if (at >= 0 && !(cut && sent[at]?.startsWith(received[at] as string)))
      this.faults.push(`line ${at} is ${show(received[at])} and not ${show(sent[at])}`);
    if (this.leaked.length > 0)
      this.faults.push(`${show(this.leaked[0])} came in the clear and was delivered after startTls()`);
    const harmed = this.endedHere || this.broken || other.broken || (other.endedHere && !other.closedHere);
    if (!harmed && received.length < sent.length) {
      this.faults.push(`only ${received.length} of ${sent.length} lines were delivered, and nothing broke`);
    }
    if (!this.upgraded && !other.upgraded) this.checkBytes();
    return this.faults.map((fault) => `${this.name}: ${fault} [${JSON.stringify(connection.bytesRead)} bytes read]`);
  }

  /** However the connection ended: every byte that arrived is delivered, or begins a line that was cut. */
  private checkBytes(): void {
    const { connection, delivered, readBefore } = this;
    const { reader } = connection;
    const left = reader.peek(reader.bufferedAmount);
    if (left.includes(10)) this.faults.push(`a whole line is left unread: ${show(`${left}`)}`);
    const lost = (this.readUntilEnd ?? connection.bytesRead) - readBefore - delivered - left.length;
    // The end of the last line may be missing.
    if (lost !== 0 && lost !== -1) {
      this.faults.push(`${lost} bytes arrived and are not delivered`);
    }
  }

  get waiting(): string[] {
    return Array.from(this.pending.values(), (what) => `${this.name}: ${what} never settles`);
  }
}

const show = (line: string | undefined) => (line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 12)));

type Begin = (end: End) => void;

/** A loop that ends with the stream. A read that is refused because another one is active ends it too. */
function loop(what: string, body: (end: End) => Promise<void>): Begin {
  return (end) => end.track(what, body(end));
}

const READS: Readonly<Record<string, Begin>> = {
  'no read': () => {},
  'lines()': (end) => {
    end.subscriptions.push(end.connection.reader.pipe(lines()).subscribe({ next: end.take, error: end.failed }));
  },
  'await readLine()': loop('a loop of readLine()', async (end) => {
    for (let line = await end.connection.reader.readLine(); line.length > 0; ) {
      end.take(line);
      line = await end.connection.reader.readLine();
    }
  }),
  'firstValueFrom(readLine())': loop('a loop of firstValueFrom()', async (end) => {
    for (;;) end.take(await firstValueFrom(end.connection.reader.pipe(readLine())));
  }),
  eachValueFrom: loop('for await of eachValueFrom()', async (end) => {
    for await (const line of eachValueFrom(end.connection.reader.pipe(lines()))) end.take(line);
  }),
  'a generator': (end) => {
    const frames = decode(function* (read) {
      return `${yield* read.until('\n')}`;
    });
    end.subscriptions.push(end.connection.reader.pipe(frames).subscribe({ next: end.take, error: end.failed }));
  },
  concatMapPausing: (end) => {
    const taken = end.connection.reader.pipe(
      lines(),
      concatMapPausing(async (line) => {
        end.take(line);
        await turn();
      }),
    );
    end.subscriptions.push(taken.subscribe({ error: end.failed }));
  },
  mergeMapPausing: (end) => {
    const taken = end.connection.reader.pipe(
      lines(),
      mergeMapPausing(async (line) => end.take(line), 3),
    );
    end.subscriptions.push(taken.subscribe({ error: end.failed }));
  },
  'a consumer that throws': (end) => {
    const taken = end.connection.reader.pipe(
      lines(),
      map((line) => {
        end.take(line);
        throw new Error('of the consumer');
      }),
    );
    end.subscriptions.push(taken.subscribe({ error: end.failed }));
  },
};

type Event = (end: End, other: End, tls: EventPairsOptions['tls'], random: Random) => void;

/** The events that may happen to one end. */
const EVENTS: Readonly<Record<string, Event>> = {
  'startTls on both': (end, other, tls) => {
    const options = { client: { ca: tls.cert, servername: 'localhost' }, server: tls };
    end.upgrade(options[end.side], other);
    other.upgrade(options[other.side], end);
  },
  startTls: (end, other, tls) =>
    end.upgrade(end.side === 'client' ? { ca: tls.cert, servername: 'localhost' } : tls, other),
  FIN: ({ connection }) => connection.writer.writeEof(),
  'reset()': (end) => {
    end.ends(false);
    end.connection.reset();
  },
  'close()': (end) => {
    end.ends(true);
    end.track('close()', end.connection.close({ timeout: 2000 }));
  },
  'destroy()': (end) => {
    end.ends(false);
    end.connection.destroy();
  },
  abort: (end) => {
    end.ends(false);
    end.abort.abort(new Error('of the signal'));
  },
  'pause()': ({ connection, releases }) => void releases.push(connection.reader.pause()),
  'pause() and release': ({ connection }) => {
    const release = connection.reader.pause();
    setImmediate(release);
  },
  'a read': (end, _other, _tls, random) => pick(random, Object.values(READS))(end),
  'a read that is aborted': (end) => {
    const controller = new AbortController();
    const { upgrading } = end;
    const read = end.connection.reader.readLine({ signal: controller.signal });
    // The read may succeed before it is aborted.
    end.track(
      'readLine({ signal })',
      read.then((line) => line.length > 0 && end.take(line, !upgrading)),
    );
    controller.abort(new Error('of the read'));
  },
  unsubscribe: ({ subscriptions }) => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  },
  'queued writes': (end, _other, _tls, random) => {
    for (let i = random(40); i > 0; i--) end.send(random(4000));
    end.track('drain()', end.connection.writer.drain());
    end.track('flush()', end.connection.writer.flush());
  },
  'a broken record': (end) => {
    if (end.raw === undefined || end.raw.destroyed || !end.raw.writable) return;
    end.broken = true;
    // After FIN, nobody sees the broken record.
    end.brokeRecord = !end.over;
    end.raw.write('221 this is no record of TLS\r\n');
  },
};

type Gap = (first: () => void, second: () => void) => Promise<void>;

const GAPS: Readonly<Record<string, Gap>> = {
  'in the same turn': async (first, second) => {
    first();
    second();
  },
  'a microtask apart': async (first, second) => {
    first();
    await Promise.resolve().then(second);
  },
  'a tick apart': async (first, second) => {
    first();
    await new Promise<void>((resolve) => {
      process.nextTick(() => {
        second();
        resolve();
      });
    });
  },
  'a turn apart': async (first, second) => {
    first();
    await turn();
    second();
  },
};

interface World {
  readonly servers: Readonly<Record<'TCP' | 'TLS' | 'Unix', Server>>;
  readonly path: string;
  readonly tls: EventPairsOptions['tls'];
}

/** Runs the trials. The result has the faults. */
export async function eventPairs(options: EventPairsOptions): Promise<EventPairsResult> {
  const { tls, seed, trials, atOnce, onTrial } = options;
  const faults: string[] = [];
  const events: Record<string, number> = {};
  let frames = 0;
  let begun = 0;
  let done = 0;
  const stray = new StrayErrors();
  const directory = mkdtempSync(join(tmpdir(), 'rxjs-tcp-pairs-'));
  const path = join(directory, 'pairs.sock');
  const host = '127.0.0.1';
  const world: World = {
    servers: {
      TCP: await startServer(accepted, { host, port: 0 }),
      TLS: await startServer(accepted, { host, port: 0, tls }),
      Unix: await startServer(accepted, { path }),
    },
    path,
    tls,
  };
  for (const server of Object.values(world.servers)) server.errors.subscribe();
  const worker = async () => {
    while (begun < trials) {
      const own = seed + begun++;
      const trial = plan(own);
      for (const { what } of trial.events) events[what] = (events[what] ?? 0) + 1;
      const title = `seed ${own} (${describe(trial)})`;
      try {
        const result = await run(trial, world);
        frames += result.frames;
        for (const fault of result.faults) faults.push(`${title}: ${fault}`);
      } catch (error) {
        faults.push(`${title}: ${(error as Error).stack}`);
      }
      done++;
      onTrial?.(done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  for (const [name, server] of Object.entries(world.servers)) {
    if (!(await settles(server.close({ timeout: 1000 })))) faults.push(`close() of the ${name} server never settles`);
  }
  rmSync(directory, { recursive: true });
  await turn();
  stray.stop();
  return { trials: done, frames, events, faults: [...faults, ...stray.found] };
}

interface Trial {
  readonly kind: PairKind;
  readonly events: readonly { readonly what: string; readonly on: 'near' | 'far' }[];
  readonly gap: string;
  readonly reads: Readonly<Record<'near' | 'far', string>>;
  readonly lines: Readonly<Record<'near' | 'far', number>>;
  /** How many turns pass between the first lines and the first event. */
  readonly settled: number;
  readonly random: Random;
}

/** The plan of a trial. The seed decides everything. */
function plan(seed: number): Trial {
  const random = randomOf(seed);
  const what = Object.keys(EVENTS);
  const side = () => (random(2) === 0 ? 'near' : 'far');
  const events = [0, 1].map(() => ({ what: pick(random, what), on: side() }) as const);
  const broken = events.some((event) => event.what === 'a broken record');
  const upgrade = events.some((event) => event.what.startsWith('startTls'));
  const kinds: PairKind[] = broken ? ['TLS'] : upgrade ? ['TCP', 'Unix'] : ['TCP', 'TLS', 'Unix', 'memory'];
  // An upgrade can only succeed if no bytes are on their way.
  const quiet = upgrade && random(3) > 0;
  const count = () => (quiet ? 0 : random(4) === 0 ? random(200) : random(8));
  return {
    kind: pick(random, kinds),
    events,
    gap: pick(random, Object.keys(GAPS)),
    reads: { near: pick(random, Object.keys(READS)), far: pick(random, Object.keys(READS)) },
    lines: { near: count(), far: count() },
    settled: random(4),
    random,
  };
}

function describe({ kind, events, gap, reads, lines: sent, settled }: Trial): string {
  const happens = events.map(({ what, on }) => `${what} (${on})`).join(' and ');
  return `${kind}, ${happens} ${gap}, near reads by ${reads.near} and far by ${reads.far}, ${sent.near} and ${sent.far} lines ${settled} turns before`;
}

async function run(trial: Trial, world: World): Promise<{ frames: number; faults: string[] }> {
  const { random } = trial;
  const { near, far, release } = await join2(trial, world);
  const ends = { near, far };
  const both = [near, far] as const;
  for (const name of ['near', 'far'] as const) {
    READS[trial.reads[name]]?.(ends[name]);
    for (let i = 0; i < trial.lines[name]; i++) ends[name].send(random(3000));
  }
  for (let i = 0; i < trial.settled; i++) await turn();
  const happen = trial.events.map(({ what, on }) => () => {
    EVENTS[what]?.(ends[on], ends[on === 'near' ? 'far' : 'near'], world.tls, random);
  }) as [() => void, () => void];
  await GAPS[trial.gap]?.(...happen);
  for (let i = 0; i < 5; i++) await turn();
  // The end must be seen at once, and not with the next write.
  for (const [end, other] of [
    [near, far],
    [far, near],
  ] as const) {
    // Behind a full reader that nothing reads, it is not seen.
    const heard = () => end.connection.signal.aborted || end.connection.reader.bufferedAmount > 2 * 65_536;
    if (other.brokeRecord) await settled([end], heard, PATIENCE);
    if (other.brokeRecord && !heard()) end.faults.push('a broken record did not end it');
  }
  // Ends that are secure by now mark their lines as secure.
  for (const end of both) if (end.upgrading) for (let i = 0; i < 3; i++) end.send(10);
  for (const end of both) {
    for (const unpause of end.releases) unpause();
    end.connection.writer.writeEof();
  }
  await Promise.all(both.map((end) => readTheRest(end)));
  await settled(both, (end) => end.connection.signal.aborted, 500);
  for (const end of both) {
    // No promise may wait for ever, even if one of the two ends does not see the end.
    if (end.connection.signal.aborted) continue;
    end.countUntilNow();
    end.connection.destroy();
  }
  await settled(both, (end) => end.waiting.length === 0, PATIENCE);
  await Promise.all(both.map((end) => readTheRest(end)));
  const faults = [...both.flatMap((end) => end.waiting), ...near.check(far), ...far.check(near)];
  await release();
  return { frames: near.received.length + far.received.length, faults };
}

/** Waits until `is` is true for both ends, at most `time` milliseconds. */
async function settled(ends: readonly End[], is: (end: End) => boolean, time: number): Promise<void> {
  const deadline = performance.now() + time;
  while (!ends.every(is) && performance.now() < deadline) await turn();
}

/** Reads the rest. A read that is active already goes on until the end, or ends here. */
async function readTheRest(end: End): Promise<void> {
  const { reader } = end.connection;
  const deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline) {
    try {
      const line = await reader.readLine({ timeout: PATIENCE });
      if (line.length === 0) return;
      // The rest of a line that was cut is no line of the other end.
      if (line.at(-1) === 10) end.take(line);
      else end.passOver(line.length);
    } catch (error) {
      if (!(error instanceof ReaderBusyError) || reader.atEof()) return;
      await turn();
    }
  }
}

/** The callbacks for accepted connections, by the port or the number of the client. */
const expected = new Map<string, (connection: Connection) => void>();
let clients = 0;

async function accepted(connection: Connection): Promise<void> {
  const name = `${await connection.reader.readLine()}`.trim();
  expected.get(name)?.(connection);
  expected.delete(name);
  await connection.closed;
}

/** Joins two ends as the trial says. The near end is the client or the server. */
async function join2(trial: Trial, world: World): Promise<{ near: End; far: End; release(): Promise<void> }> {
  const { kind, events, random } = trial;
  const nearIsClient = random(2) === 0;
  const names = nearIsClient ? (['near', 'far'] as const) : (['far', 'near'] as const);
  const aborts = [new AbortController(), new AbortController()] as const;
  let client: Connection;
  let server: Connection;
  let raws: [Socket | undefined, Socket | undefined] = [undefined, undefined];
  let after = async () => {};
  if (kind === 'memory') {
    [client, server] = connectionPair();
    const [one, other] = [client, server];
    aborts[0].signal.addEventListener('abort', () => one.destroy(aborts[0].signal.reason));
    aborts[1].signal.addEventListener('abort', () => other.destroy(aborts[1].signal.reason));
  } else if (events.some(({ what }) => what === 'a broken record')) {
    ({ client, server, raws, after } = await onRawSockets(world, aborts));
  } else {
    const { servers, path, tls } = world;
    const name = `client ${clients++}`;
    const accepting = new Promise<Connection>((resolve) => expected.set(name, resolve));
    client = await openConnection({
      ...(kind === 'Unix' ? { path } : { host: '127.0.0.1', port: servers[kind].port as number }),
      ...(kind === 'TLS' && { tls: { ca: tls.cert, servername: 'localhost' } }),
      signal: aborts[0].signal,
    });
    client.writer.write(`${name}\n`);
    const taken = await accepting;
    server = taken;
    aborts[1].signal.addEventListener('abort', () => taken.destroy(aborts[1].signal.reason));
  }
  const clientEnd = new End(names[0], client, 'client', raws[0], aborts[0]);
  const serverEnd = new End(names[1], server, 'server', raws[1], aborts[1]);
  const [near, far] = nearIsClient ? [clientEnd, serverEnd] : [serverEnd, clientEnd];
  return { near, far, release: after };
}

/** TLS on sockets of our own, so that a trial can write past TLS. */
async function onRawSockets({ tls }: World, aborts: readonly [AbortController, AbortController]) {
  const listening = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepting = once(listening, 'connection') as Promise<[Socket]>;
  const raw = connectSocket({
    port: (listening.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const [accepted] = await accepting;
  const server = await openConnection({ socket: accepted, signal: aborts[1].signal });
  const upgrading = server.startTls({ ...tls, side: 'server' });
  const client = await openConnection({
    socket: raw,
    tls: { ca: tls.cert, servername: 'localhost' },
    signal: aborts[0].signal,
  });
  await upgrading;
  // Not inside Node's last event of the handshake: there Node crashes if other code changes its socket.
  await turn();
  const after = async () => {
    await new Promise((resolve) => listening.close(resolve));
  };
  return { client, server, raws: [raw, accepted] as [Socket, Socket], after };
}
