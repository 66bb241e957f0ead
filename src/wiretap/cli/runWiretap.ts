/**
 * The command `wiretap`: a forwarder, or the server of a saved log, with a tap on each connection; a view of the taps; a file of events.
 *
 *     client ──► server (startForwarder, startReplay) ──► target
 *                   └ TapList ──► View: startTerminal, startPrinting, the page
 *                          └────► file of --save
 */
import { resolve } from 'node:path';
import type { Connection, ListenOptions, Server } from '../..';
import { showEndpoint } from '../../observing/showEndpoint';
import { FrameLog } from '../frames/FrameLog';
import { type Framings, loadFraming } from '../frames/loadFraming';
import { showFrame } from '../frames/showFrame';
import { escapeText } from '../print/escapeText';
import { type FramesOf, type ServedPage, servePage } from '../ui/servePage';
import { type Address, isLocalAddress, showAddress } from './Address';
import { CommandFailure } from './CommandFailure';
import type { CommandIo } from './CommandIo';
import type { CommandOptions } from './CommandOptions';
import { describeError } from './describeError';
import { placeOf } from './placeOf';
import { printLog } from './printLog';
import { readLog } from './readLog';
import { readPem } from './readPem';
import { redactBy } from './redactBy';
import { startForwarder } from './startForwarder';
import { startPrinting } from './startPrinting';
import { startReplay } from './startReplay';
import { startSaving } from './startSaving';
import { startTerminal } from './startTerminal';
import { TapList } from './TapList';
import { targetOptions } from './targetOptions';
import { UsageError } from './UsageError';
import type { View } from './View';
import { withHost } from './withHost';

/** How many closed connections are kept. */
const KEPT = 100;
/** How long open connections may go on after the first Ctrl-C, in milliseconds. */
const GRACE = 5000;

/**
 * Runs the command until the user ends it.
 *
 * @returns The exit code.
 * @throws UsageError - For a wrong option that only shows now.
 * @throws CommandFailure - If it can't listen, read or write.
 */
export async function runWiretap(options: CommandOptions, io: CommandIo): Promise<number> {
  const framings = await loadFrames(options, io);
  const side = options.side;
  const saved =
    options.replay === undefined ? undefined : await readLog(resolve(io.folder, options.replay), options.replay, side);
  const { listen } = options;
  if (listen === undefined) return printLog(saved ?? [], io, options.print ?? 'marbles', framings);

  if (saved?.length === 0) throw new CommandFailure(`Cannot play ${options.replay}`, 'it has no connection');
  const { redact, maxBytes } = options;
  const hidden = redact.length === 0 ? {} : { redact: redactBy(redact) };
  // A chunk of a socket has 64 KiB at most. What is forwarded is not changed.
  const taps = new TapList(
    { maxBytes, capture: 64 * 1024, copy: false, ...hidden },
    KEPT,
    saved === undefined ? side : 'server',
  );
  const stopSaving = options.save === undefined ? undefined : await startSaving(options.save, taps, io);
  let view: View | undefined;
  let differences = 0;
  const clients = new Set<Connection>();
  const keep = (client: Connection) => {
    clients.add(client);
    void client.closed.then(() => clients.delete(client));
  };
  // Both sides learn that the conversation was cut.
  const resetAll = () => {
    for (const client of clients) client.reset();
  };
  const says: string[] = [];
  const say = (text: string) => {
    if (view === undefined) says.push(text);
    else view.say(escapeText(text));
  };
  const nameOf = ({ writer }: Connection) => {
    const peer = writer.getExtraInfo('peername') as { address?: string; port?: number } | string | undefined;
    const name = typeof peer === 'string' ? peer : showEndpoint(peer?.address, peer?.port);
    return name || 'a client';
  };
  const server = await bind(
    listen,
    async (where) => {
      if (saved !== undefined) {
        return startReplay(where, saved, {
          accepted: (client, one) => {
            keep(client);
            taps.add(client, nameOf(client), `${options.replay}#${one.id}`);
          },
          played: (client, one, difference) => {
            if (difference !== undefined) differences++;
            const verdict =
              difference === undefined ? 'the client did as in the log' : `the client differs: ${difference}`;
            say(`${nameOf(client)}, connection #${one.id} of the log: ${verdict}`);
          },
        });
      }
      const to = options.to as Address;
      const target = showAddress(withHost(to));
      return startForwarder(where, await targetOptions(to, options, io), {
        accepted: (client) => {
          keep(client);
          if (side === 'server') taps.add(client, nameOf(client), target);
        },
        joined: (client, connection) => {
          if (side === 'client') taps.add(connection, nameOf(client), target);
        },
        unreachable: (client, error) => {
          say(`Cannot connect ${nameOf(client)} to ${target}: ${describeError(error)}. It was reset.`);
        },
      });
    },
    options,
    io,
  );
  server.errors.subscribe(({ error, remoteAddress }) => {
    say(`Cannot serve ${remoteAddress ?? 'a client'}: ${describeError(error)}`);
  });

  const where = server.address();
  const here = typeof where === 'string' ? where : (showEndpoint(where.address, where.port) ?? '');
  const title = `${here} → ${options.to === undefined ? options.replay : showAddress(withHost(options.to))}`;
  return new Promise((done) => {
    let ending = 0;
    let page: ServedPage | undefined;
    const finish = async (code: number) => {
      offSignal();
      taps.complete();
      await page?.close();
      await view?.close();
      await stopSaving?.();
      done(code);
    };
    const quit = () => {
      ending++;
      if (ending > 2) return;
      if (ending === 2) {
        resetAll();
        void finish(130);
        return;
      }
      const open = server.connectionCount;
      if (open > 0) say(`Waits for ${open} open ${open === 1 ? 'connection' : 'connections'}; Ctrl-C ends now`);
      const late = setTimeout(resetAll, GRACE);
      void server.close({ timeout: 0 }).then(() => {
        clearTimeout(late);
        if (ending === 1) void finish(differences > 0 ? 3 : 0);
      });
    };
    const offSignal = io.onSignal(quit);
    const isLive =
      options.print === undefined && options.ui === undefined && io.stdout.isTTY === true && io.stdin.isTTY === true;
    view = isLive
      ? startTerminal(taps, io, title, framings, quit)
      : startPrinting(taps, io, options.print ?? (options.ui === undefined ? 'marbles' : undefined), framings);
    void view.gone.then(() => {
      if (ending === 0) quit();
    });
    if (!isLive) io.stderr.write(`${saved === undefined ? 'Forwards' : 'Plays'} ${escapeText(title)}. Ctrl-C ends.\n`);
    if (!isLocalAddress(listen)) view.say(`WARNING: listens on ${here}: other machines can connect`);
    for (const text of says) view.say(escapeText(text));
    if (options.ui === undefined) return;
    servePage(taps, { port: options.ui.port, ...(framings && { frames: framesBy(framings) }) }).then(
      (served) => {
        page = served;
        view?.say(`Open ${served.url}`);
      },
      (error: unknown) => {
        view?.say(`Cannot serve the page: ${describeError(error)}`);
        resetAll();
        void server.close({ timeout: 1 });
        ending = 2;
        void finish(1);
      },
    );
  });
}

/** The frames that the page shows. */
function framesBy(framings: Framings): FramesOf {
  return (events, { side = 'client' }) => {
    const log = new FrameLog(framings, side);
    return events.flatMap((event) =>
      (log.cut(event)?.frames ?? []).map((frame) => ({ seq: event.seq, text: showFrame(frame, 200) })),
    );
  };
}

async function loadFrames({ frames }: CommandOptions, { folder }: CommandIo): Promise<Framings | undefined> {
  if (frames === undefined) return undefined;
  let framings: Framings | undefined;
  try {
    framings = await loadFraming(frames, folder);
  } catch (error) {
    throw new CommandFailure(`Cannot load ${frames}`, error);
  }
  if (framings !== undefined) return framings;
  throw new UsageError(
    `Cannot use '${frames}' for --frames: it must be lines, redis, length:1, length:2, length:4, or a module such as ./decoder.mjs`,
  );
}

async function bind(
  listen: Address,
  start: (where: ListenOptions) => Promise<Server>,
  { serverTls }: CommandOptions,
  io: CommandIo,
): Promise<Server> {
  const tls = serverTls && { cert: await readPem(serverTls.cert, io), key: await readPem(serverTls.key, io) };
  try {
    return await start({ ...placeOf(listen, io), ...(tls && { tls }) });
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`Cannot listen on ${showAddress(listen)}`, error);
  }
}
