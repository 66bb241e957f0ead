import { lastValueFrom, merge } from 'rxjs';
import { openConnection, type Server, startServer, writeTo } from 'rxjs-tcp';
import { wiretap } from 'rxjs-tcp/wiretap';
import type { TappedConnection, Taps } from '../../src/wiretap/Taps';
import { HandTaps } from './handTaps';

const host = '127.0.0.1';

/** Forwards connections to a port of this machine, each with a tap on its connection to the target. */
export async function tappedForwarder(port: number): Promise<{ server: Server; taps: Taps }> {
  const connections = new Map<number, TappedConnection>();
  const { opened$ } = new HandTaps();
  const server = await startServer(
    async (near) => {
      const far = await openConnection({ host, port });
      const tap = wiretap(far, { capture: 512 });
      const id = connections.size + 1;
      const client = `${near.remoteAddress}:${near.remotePort}`;
      connections.set(id, {
        id,
        client,
        target: `${host}:${port}`,
        openedAt: tap.events()[0]!.openedAt!,
        side: 'client',
        tap,
      });
      const both = [
        near.reader.pipe(writeTo(far.writer, { end: true })),
        far.reader.pipe(writeTo(near.writer, { end: true })),
      ];
      await lastValueFrom(merge(...both), { defaultValue: undefined });
      await far.close();
    },
    { host, port: 0 },
  );
  return { server, taps: { connections, opened$ } };
}
