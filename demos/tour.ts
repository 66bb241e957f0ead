/**
 * A tour of a few seconds: five things that TCP in RxJS should do, done over real sockets on this machine.
 *
 *     npm run demo                    on a terminal the bar moves
 *     npm run demo -- tour 512        sends 512 MiB in scene 3, instead of 64
 *
 * It prints:
 *
 *     rxjs-tcp: TCP sockets as RxJS streams, in five scenes over real sockets
 *
 *     1  Lines
 *        Bytes come in, lines go out: a server that answers in capitals is one pipe.
 *
 *            const upper = (line: string) => line.toUpperCase() + '\n';
 *            reader.pipe(lines(), map(upper), writeTo(writer))
 *
 *        client      hello, world   ──►  server
 *                    HELLO, WORLD   ◄──
 *        client      grüße          ──►  server
 *                    GRÜSSE         ◄──
 *
 *     2  Lines, then blocks, then lines
 *        Any read may follow any other: unread bytes stay, however they were cut.
 *
 *            const n = Number((await reader.readLine()).subarray(5));
 *            const max = { limit: 1024 };
 *            const block = await firstValueFrom(reader.pipe(readExactly(n, max)));
 *            reader.pipe(lines()).subscribe(…);
 *
 *        arrived as  'bl' 'ob 9\na' '\nb\nc\n' 'd\necaf\xc3' '\xa9\nb' 'ye\n'
 *        a line      'blob 9'
 *        a block     'a\nb\nc\nd\ne'
 *        a line      'café'
 *        a line      'bye'
 *        so          26 bytes came in 6 pieces, 26 were read, 0 are left
 *
 *     3  A slow peer
 *        Another process reads 1 MiB in 30 ms: the source waits, memory doesn't grow.
 *
 *            source.pipe(writeTo(writer, { end: true })).subscribe(redraw)
 *
 *        sent        …  … of … MiB, … KiB wait here
 *        sent        …  … of … MiB, … KiB wait here
 *        sent        …  … of … MiB, … KiB wait here
 *        sent        …  … of … MiB, … KiB wait here
 *        memory      … MiB offered, … taken, at most … KiB waited here
 *                    this process grew by … MiB
 *        impatience  a source that writes on without waiting is stopped:
 *                    BufferOverflowError: … MiB wait, and the limit is 16.0
 *
 *     4  A pipe between a fast sender and a slow receiver
 *        The relay holds its reader, the kernel fills up, and the sender has to wait.
 *
 *            sender.reader.pipe(lines(), map(upper), writeTo(receiver.writer))
 *
 *        receiver    it reads nothing: the sender stands still after … MiB
 *                    … KiB of it are in the relay, the rest is with the kernel
 *        receiver    it reads: … MiB went through the relay
 *        so          … of … lines received, 0 lost, doubled or out of order
 *
 *     5  A graceful stop under load
 *        Told to stop, a server takes nobody new and finishes what it was asked.
 *
 *            reader.pipe(lines(), concatMapPausing(answer), writeTo(writer))
 *            await server.close()
 *
 *        stop        50 clients asked 200 questions, … of them are answered
 *        a newcomer  ECONNREFUSED
 *        so          200 of 200 answers arrived, the server was closed after … ms
 *
 *     Where to go from here
 *        README.md   an example of each part, and the way to the guides
 *        demos/      echo client and server, HTTP headers, a chat, a port forwarder:
 *                    npm run demo -- chatServer
 *        npm test    runs all of it: scenes, demos, examples and specs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, lastValueFrom, map, Subject, take, tap, toArray } from 'rxjs';
import {
  BufferOverflowError,
  type Connection,
  concatMapPausing,
  lines,
  openConnection,
  readExactly,
  type Server,
  SocketTimeoutError,
  StreamReader,
  startServer,
  writeTo,
} from 'rxjs-tcp';
import { integerOf, noMore } from './support/args';
import { run } from './support/run';
import { type Terminal, terminal } from './support/terminal';

const KIB = 1024;
const MIB = 1024 * KIB;

type Log = (line: string) => void;

export async function main(log: Log = console.log, megabytes = '64', ...surplus: string[]): Promise<void> {
  noMore(surplus);
  const size = integerOf(megabytes, 'MiB', 1, 1_000_000);
  const out = terminal(log);
  out.title('rxjs-tcp: TCP sockets as RxJS streams, in five scenes over real sockets');

  await aPipe(out);
  await twoProtocols(out);
  await slowPeer(out, size * MIB);
  await slowEnd(out);
  await gracefulStop(out);

  log('');
  out.title('Where to go from here');
  out.row('README.md', 'an example of each part, and the way to the guides');
  out.row('demos/', 'echo client and server, HTTP headers, a chat, a port forwarder:');
  out.row('', 'npm run demo -- chatServer');
  out.row('npm test', 'runs all of it: scenes, demos, examples and specs');
}

/** What the servers of the scenes do. */
const upper = (line: string) => `${line.toUpperCase()}\n`;

/** Scene 1: a server that is one pipe. */
async function aPipe(out: Terminal): Promise<void> {
  out.scene('Lines', 'Bytes come in, lines go out: a server that answers in capitals is one pipe.', [
    "const upper = (line: string) => line.toUpperCase() + '\\n';",
    'reader.pipe(lines(), map(upper), writeTo(writer))',
  ]);

  const server = await startServer(({ reader, writer }) => reader.pipe(lines(), map(upper), writeTo(writer)), {
    host: '127.0.0.1',
    port: 0,
  });
  const { reader, writer } = await dial(server);

  for (const line of ['hello, world', 'grüße']) {
    writer.write(`${line}\n`);
    const answer = `${await reader.readLine()}`.trimEnd();
    out.row('client', `${line.padEnd(14)} ──►  server`);
    out.row('', `${answer.padEnd(14)} ◄──`);
  }

  writer.close();
  await server.close();
}

/** Scene 2: reads of different kinds on one connection. */
async function twoProtocols(out: Terminal): Promise<void> {
  out.scene(
    'Lines, then blocks, then lines',
    'Any read may follow any other: unread bytes stay, however they were cut.',
    [
      'const n = Number((await reader.readLine()).subarray(5));',
      'const max = { limit: 1024 };',
      'const block = await firstValueFrom(reader.pipe(readExactly(n, max)));',
      'reader.pipe(lines()).subscribe(…);',
    ],
  );

  const bytes = Buffer.from('blob 9\na\nb\nc\nd\necafé\nbye\n');
  const cuts = [2, 8, 13, 20, 23];
  const pieces = [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i]));

  const { client, peer, end } = await bothEnds();
  const socket = peer.writer.getExtraInfo('socket') as Socket;
  const arrived: Buffer[] = [];
  socket.on('data', (chunk) => arrived.push(chunk));

  const reading = (async () => {
    const { reader } = peer;
    const announced = `${await reader.readLine()}`.trimEnd();
    const block = await firstValueFrom(reader.pipe(readExactly(Number(announced.slice(5)), { limit: 1024 })));
    const rest = await lastValueFrom(reader.pipe(lines(), toArray()));
    return { announced, block, rest };
  })();
  for (const piece of pieces) {
    const seen = once(socket, 'data');
    client.writer.write(piece);
    await seen;
  }
  client.writer.writeEof();
  const { announced, block, rest } = await reading;

  out.row('arrived as', arrived.map(quoted).join(' '));
  out.row('a line', quoted(announced));
  out.row('a block', quoted(block));
  for (const line of rest) out.row('a line', `'${line}'`);
  const total = announced.length + 1 + block.length + rest.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  out.result(
    'so',
    `${bytes.length} bytes came in ${arrived.length} pieces, ${total} were read, ${peer.reader.bufferedAmount} are left`,
  );

  await end();
}

/** A program of its own, without us: takes 1 MiB in 30 ms, and answers the end with how many bytes there were. */
const SLOW_PEER = `
  const server = require('node:net').createServer((socket) => {
    server.close();
    let taken = 0;
    socket.on('data', (chunk) => {
      const before = taken >> 20;
      taken += chunk.length;
      if (taken >> 20 === before) return;
      socket.pause();
      setTimeout(() => socket.resume(), 30);
    });
    socket.on('end', () => socket.end(String(taken)));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** Scene 3: a peer that reads slowly is waited for. */
async function slowPeer(out: Terminal, total: number): Promise<void> {
  out.scene('A slow peer', "Another process reads 1 MiB in 30 ms: the source waits, memory doesn't grow.", [
    'source.pipe(writeTo(writer, { end: true })).subscribe(redraw)',
  ]);

  const child = spawn(process.execPath, ['-e', SLOW_PEER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(await StreamReader.from(child.stdout).readLine());
  const { reader, writer } = await openConnection({ host: '127.0.0.1', port });

  const source = StreamReader.from(blocks(total));
  const before = process.memoryUsage.rss();
  const most = { waiting: 0, rss: 0 };
  const bar = out.bar('sent');
  await lastValueFrom(
    source.pipe(
      writeTo(writer, { end: true }),
      tap((sent) => {
        const waiting = source.bufferedAmount + writer.bufferedAmount;
        most.waiting = Math.max(most.waiting, waiting);
        most.rss = Math.max(most.rss, process.memoryUsage.rss() - before);
        bar(sent / total, `${mib(sent)} of ${total / MIB} MiB, ${kib(waiting)} KiB wait here`);
      }),
    ),
  );
  const taken = Number(await reader.readAll());
  out.result('memory', `${mib(total)} MiB offered, ${mib(taken)} taken, at most ${kib(most.waiting)} KiB waited here`);
  out.row('', `this process grew by ${mib(most.rss)} MiB`);
  writer.close();
  await writer.waitClosed();

  await impatient(out);
}

function* blocks(total: number): Generator<Uint8Array> {
  const block = Buffer.alloc(64 * KIB, 'rxjs-tcp ');
  for (let offered = 0; offered < total; offered += block.length) yield block;
}

/** A handler that writes without waiting is stopped before memory runs out. */
async function impatient(out: Terminal): Promise<void> {
  const { client, end } = await bothEnds();
  const block = Buffer.alloc(MIB);
  try {
    for (;;) client.writer.write(block);
  } catch (error) {
    if (!(error instanceof BufferOverflowError)) throw error;
    const { name, buffered, limit } = error;
    out.row('impatience', 'a source that writes on without waiting is stopped:');
    out.row('', `${name}: ${mib(buffered)} MiB wait, and the limit is ${mib(limit)}`);
  }
  client.destroy();
  await end();
}

/** Scene 4: pressure passes through a pipe, from a receiver that sleeps to a sender in a hurry. */
async function slowEnd(out: Terminal): Promise<void> {
  out.scene(
    'A pipe between a fast sender and a slow receiver',
    'The relay holds its reader, the kernel fills up, and the sender has to wait.',
    ['sender.reader.pipe(lines(), map(upper), writeTo(receiver.writer))'],
  );

  const { client: toReceiver, peer: receiver, end: endReceiver } = await bothEnds();
  const { client: sender, peer: fromSender, end: endSender } = await bothEnds();
  const relaying = lastValueFrom(
    fromSender.reader.pipe(lines(), map(upper), writeTo(toReceiver.writer, { end: true })),
  );
  const held = () => fromSender.reader.bufferedAmount + toReceiver.writer.bufferedAmount;

  let sent = 0;
  const line = (n: number) => `${`line ${n} of 1 KiB `.padEnd(1023, '.')}\n`;
  for (let stopped = false; !stopped; ) {
    for (let i = 0; i < 64; i++) sender.writer.write(line(sent++));
    // A receiver that reads would have made room long before.
    stopped = await sender.writer.drain({ timeout: 100 }).then(() => false, isTimeout);
  }
  out.row('receiver', `it reads nothing: the sender stands still after ${mib(sent * KIB)} MiB`);
  out.row('', `${kib(held())} KiB of it are in the relay, the rest is with the kernel`);

  sender.writer.writeEof();
  let received = 0;
  let wrong = 0;
  await lastValueFrom(
    receiver.reader.pipe(
      lines(),
      tap((text) => {
        if (`${text}\n` !== line(received++).toUpperCase()) wrong++;
      }),
    ),
  );
  out.row('receiver', `it reads: ${mib(await relaying)} MiB went through the relay`);
  out.result('so', `${received} of ${sent} lines received, ${wrong} lost, doubled or out of order`);

  await endSender();
  await endReceiver();
}

/** Scene 5: a server is stopped while it has work to do. */
async function gracefulStop(out: Terminal): Promise<void> {
  out.scene('A graceful stop under load', 'Told to stop, a server takes nobody new and finishes what it was asked.', [
    'reader.pipe(lines(), concatMapPausing(answer), writeTo(writer))',
    'await server.close()',
  ]);
  const clients = 50;
  const each = 4;
  const all = clients * each;
  let answered = 0;
  const halfway = new Subject<void>();

  async function answer(question: string): Promise<string> {
    await sleep(40);
    if (++answered === all / 2) halfway.next();
    return `${question}? Yes.\n`;
  }
  const server = await startServer(
    ({ reader, writer }) => reader.pipe(lines(), concatMapPausing(answer), writeTo(writer)),
    { host: '127.0.0.1', port: 0 },
  );

  async function ask({ reader, writer }: Connection): Promise<number> {
    for (let n = 1; n <= each; n++) writer.write(`question ${n}\n`);
    writer.writeEof();
    const answers = `${await reader.readAll()}`.trimEnd().split('\n');
    return answers.filter((text, i) => text === `question ${i + 1}? Yes.`).length;
  }
  // What only the kernel has accepted would be lost with the listening socket.
  const accepted = lastValueFrom(server.connections.pipe(take(clients)));
  const connections = await Promise.all(Array.from({ length: clients }, () => dial(server)));
  await accepted;
  const asking = connections.map(ask);
  await firstValueFrom(halfway);

  const start = performance.now();
  const closing = server.close();
  out.row('stop', `${clients} clients asked ${all} questions, ${answered} of them are answered`);
  const refused = await dial(server).then(
    () => 'welcome',
    (error: NodeJS.ErrnoException) => error.code,
  );
  out.row('a newcomer', `${refused}`);
  const got = (await Promise.all(asking)).reduce((sum, count) => sum + count, 0);
  await closing;
  out.result(
    'so',
    `${got} of ${all} answers arrived, the server was closed after ${Math.round(performance.now() - start)} ms`,
  );
}

function dial(server: Server): Promise<Connection> {
  return openConnection({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
}

/** The two ends of a connection over loopback, and what closes them. */
async function bothEnds(): Promise<{ client: Connection; peer: Connection; end(): Promise<void> }> {
  const server = await startServer(() => {}, { host: '127.0.0.1', port: 0 });
  const [client, peer] = await Promise.all([dial(server), firstValueFrom(server.connections)]);
  const end = async () => {
    await Promise.all([client.close(), peer.close(), server.close()]);
  };
  return { client, peer, end };
}

function isTimeout(error: unknown): true {
  if (error instanceof SocketTimeoutError) return true;
  throw error;
}

/** Bytes as text, with escapes for what is not printable or only part of a character. */
function quoted(bytes: Buffer | string): string {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^ -~]/g, (char) => (char === '\n' ? '\\n' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`));
  return `'${text}'`;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

function kib(bytes: number): number {
  return Math.round(bytes / KIB);
}

if (require.main === module) run(main);
