/**
 * A chat server that netcat can talk to: members have names, come and go, and a slow one does not hold up the others.
 *
 * The server writes to a member only while that member reads. For a member that does not read, it keeps the last lines and drops
 * older ones. When the member reads again, the server says how many are missing. So nobody waits, and no memory grows.
 *
 *     npm run demo -- chatServer           starts one and lets three members talk
 *     npm run demo -- chatServer 8888      serves on a port until Ctrl+C: nc 127.0.0.1 8888
 *
 * It prints:
 *
 *     Serving on 127.0.0.1:…
 *     ada < * What is your name?
 *     ada > ada
 *     ada < * Welcome, ada. /who lists the members, /quit leaves
 *     bob < * What is your name?
 *     bob > ada
 *     bob < * ada is taken. What is your name?
 *     bob > bob
 *     bob < * Welcome, bob. /who lists the members, /quit leaves
 *     ada < * bob has joined
 *     ada > hello, bob
 *     bob < ada: hello, bob
 *     bob > /who
 *     bob < * ada, bob
 *     sid < * What is your name?
 *     sid > sid
 *     sid < * Welcome, sid. /who lists the members, /quit leaves
 *     ada < * sid has joined
 *     bob < * sid has joined
 *     --- sid reads nothing from now on, ada talks until sid misses 100 lines
 *     bob has read all … lines of 8 KiB by now
 *     --- sid reads again
 *     sid < * You were too slow: … lines are missing
 *     sid has read …, and 100 are missing: … in all
 *     bob > /quit
 *     bob < * Bye, bob
 *     ada < * bob has left
 *     --- sid hangs up
 *     ada < * sid has left
 */
import type { AddressInfo } from 'node:net';
import { filter, fromEvent, type MonoTypeOperatorFunction, map, Subject, takeUntil } from 'rxjs';
import {
  backpressure,
  type Connection,
  eachValueFrom,
  lines,
  openConnection,
  type Server,
  type StreamWriter,
  startServer,
} from 'rxjs-tcp';
import { noMore, portOf } from './support/args';
import { run } from './support/run';

type Log = (line: string) => void;

/** How many bytes of lines wait for a member that does not keep up. */
const KEPT = 64 * 1024;

/** @param missed - Called for every line that a member misses. */
async function chatServer(port: number, missed: () => void = () => {}): Promise<Server> {
  const room$ = new Subject<{ by: string; line: string }>();
  const names = new Set<string>();

  async function serve(connection: Connection): Promise<void> {
    const name = await askName(connection);
    if (name === undefined) return;

    const hearing = room$
      .pipe(
        filter(({ by }) => by !== name),
        map(({ line }) => `${line}\n`),
        onlyWhileReading(connection.writer, missed),
      )
      // If the connection is gone, `talk` ends too.
      .subscribe({ next: (line) => connection.writer.next(line), error: () => {} });
    try {
      connection.writer.write(`* Welcome, ${name}. /who lists the members, /quit leaves\n`);
      room$.next({ by: name, line: `* ${name} has joined` });
      await talk(name, connection);
    } finally {
      hearing.unsubscribe();
      if (connection.draining.aborted) connection.writer.write('* The server closes. Bye\n');
      names.delete(name);
      room$.next({ by: name, line: `* ${name} has left` });
    }
  }

  async function askName({ reader, writer, draining }: Connection): Promise<string | undefined> {
    writer.write('* What is your name?\n');
    for (;;) {
      const line = await reader.readLine({ limit: 100, signal: draining });
      if (line.length === 0) return undefined;
      const name = `${line}`.trim();
      if (names.has(name)) {
        writer.write(`* ${name} is taken. What is your name?\n`);
      } else if (!/^\w{1,20}$/.test(name)) {
        writer.write('* A name has 1 to 20 letters. What is your name?\n');
      } else {
        names.add(name);
        return name;
      }
    }
  }

  /** Lasts until the member quits, hangs up or breaks a rule, or the server stops. Then the connection is closed. */
  async function talk(name: string, { reader, writer, draining }: Connection): Promise<void> {
    const said$ = reader.pipe(lines({ limit: 16 * 1024 }), takeUntil(fromEvent(draining, 'abort')));
    for await (const line of eachValueFrom(said$)) {
      if (line === '/quit') {
        writer.write(`* Bye, ${name}\n`);
        return;
      }
      if (line === '/who') writer.write(`* ${[...names].join(', ')}\n`);
      else room$.next({ by: name, line: `${name}: ${line}` });
    }
  }

  return startServer(serve, { host: '127.0.0.1', port });
}

/** Keeps the last lines for a member that does not read, and puts a notice in the place of the dropped ones. */
function onlyWhileReading(writer: StreamWriter, missed: () => void): MonoTypeOperatorFunction<string> {
  return (lines$) => {
    let gap = 0;
    const onDrop = () => {
      gap++;
      missed();
    };
    // `source: []`: do not hold the member who speaks if another one does not listen.
    return lines$.pipe(
      backpressure(writer, { source: [], maxBuffered: KEPT, overflow: 'drop-oldest', onDrop }),
      map((line) => {
        const notice = gap === 0 ? '' : `* You were too slow: ${gap} lines are missing\n`;
        gap = 0;
        return notice + line;
      }),
    );
  };
}

/** A member at a terminal; the log shows what it says and sees. */
async function member(log: Log, name: string, server: Server) {
  const { reader, writer } = await openConnection({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const read = async () => `${await reader.readLine()}`.trimEnd();
  return {
    read,
    writer,
    async sees(): Promise<void> {
      log(`${name} < ${await read()}`);
    },
    says(line: string): void {
      log(`${name} > ${line}`);
      writer.write(`${line}\n`);
    },
  };
}

export async function main(log: Log = console.log, port?: string, ...surplus: string[]): Promise<void> {
  noMore(surplus);
  let sidMissed = 0;
  const server = await chatServer(portOf(port ?? '0', 0), () => sidMissed++);
  server.errors.subscribe(({ error }) => log(`A member was lost: ${error}`));
  log(`Serving on 127.0.0.1:${(server.address() as AddressInfo).port}`);
  if (port !== undefined) return server.serveForever({ timeout: 1000 });

  const ada = await member(log, 'ada', server);
  await ada.sees();
  ada.says('ada');
  await ada.sees();

  const bob = await member(log, 'bob', server);
  await bob.sees();
  bob.says('ada');
  await bob.sees();
  bob.says('bob');
  await bob.sees();
  await ada.sees();

  ada.says('hello, bob');
  await bob.sees();
  bob.says('/who');
  await bob.sees();

  const sid = await member(log, 'sid', server);
  await sid.sees();
  sid.says('sid');
  await sid.sees();
  await ada.sees();
  await bob.sees();

  log('--- sid reads nothing from now on, ada talks until sid misses 100 lines');
  const text = 'a'.repeat(8 * 1024);
  let said = 0;
  for (; sidMissed < 100; said++) {
    ada.writer.write(`${text}\n`);
    await bob.read();
  }
  log(`bob has read all ${said} lines of 8 KiB by now`);

  log('--- sid reads again');
  const notices: string[] = [];
  let read = 0;
  while (read + sidMissed < said) {
    const line = await sid.read();
    if (line === `ada: ${text}`) read++;
    else notices.push(line);
  }
  log(`sid < ${notices.at(-1)}`);
  log(`sid has read ${read}, and ${sidMissed} are missing: ${read + sidMissed} in all`);

  bob.says('/quit');
  await bob.sees();
  bob.writer.close();
  await ada.sees();

  log('--- sid hangs up');
  sid.writer.close();
  await ada.sees();

  ada.writer.close();
  await server.close();
}

if (require.main === module) run(main);
