// Proves that neither side notices the forwarder: every check of a connection passes through it, on TCP, TLS and Unix paths, tapped or not;
// and what happens when the target can't be reached.
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import {
  type Connection,
  type ConnectOptions,
  type ListenOptions,
  listen,
  openConnection,
  type Server,
} from 'rxjs-tcp';
import { connectionChecks } from 'rxjs-tcp/testing';
import { type ForwarderEvents, startForwarder } from '../../../src/wiretap/cli/startForwarder';
import { TapList } from '../../../src/wiretap/cli/TapList';
import { CLIENT_TLS, SERVER_TLS } from '../../support/certificates';
import { deadPort } from '../../support/deadPort';
import { ALL_RUNS } from '../../support/runs';
import { socketPaths } from '../../support/socketPaths';
import { turns, until } from '../../support/until';

jest.setTimeout(60_000);

const host = '127.0.0.1';
const SILENT: ForwarderEvents = { unreachable: () => {} };

/** As in the command: each connection to the target has a tap, which is full soon. */
function tapped(): ForwarderEvents {
  const taps = new TapList({ maxBytes: 4096 }, 10);
  taps.saveBy(() => {});
  return { unreachable: () => {}, joined: (_, target) => void taps.add(target, 'client', 'target') };
}

function bind(options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => void listen(options).subscribe({ next: resolve, error: reject }));
}

const placeOf = (server: Server): ConnectOptions => {
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? { path: address } : { host, port: address.port };
};

const tcp = (): [ListenOptions, ListenOptions] => [
  { host, port: 0 },
  { host, port: 0 },
];

describe('startForwarder', () => {
  describe.each<[string, boolean, (path: (name: string) => string) => [ListenOptions, ListenOptions]]>([
    ['TCP', true, tcp],
    ['TCP without taps', true, tcp],
    [
      'TLS on both sides',
      true,
      () => [
        { host, port: 0, tls: SERVER_TLS },
        { host, port: 0, tls: SERVER_TLS },
      ],
    ],
    [
      'TLS to the target',
      true,
      () => [
        { host, port: 0 },
        { host, port: 0, tls: SERVER_TLS },
      ],
    ],
    ['Unix paths', false, (path) => [{ path: path('in.sock') }, { path: path('out.sock') }]],
  ])('over %s', (over, resets, places) => {
    const paths = socketPaths();
    let [forwarder, target]: Server[] = [];
    let [there, here]: ListenOptions[] = [];

    beforeAll(async () => {
      [here, there] = places(paths.path);
      target = await bind(there!);
      const to = { ...placeOf(target), ...(there!.tls && { tls: CLIENT_TLS }) };
      forwarder = await startForwarder(here!, to, SILENT);
    });

    afterAll(async () => {
      await Promise.all([forwarder!.close({ timeout: 1 }), target!.close({ timeout: 1 })]);
      paths.remove();
    });

    // On TCP all of them. Elsewhere, in `npm test`, every third one, as one of the two sides.
    const few = over !== 'TCP' && !ALL_RUNS;
    for (const [index, { name, run }] of connectionChecks.entries()) {
      if (few && index % 3 !== over.length % 3) continue;
      it.each(few ? [index % 2 === 0 ? 'client' : 'target'] : ['client', 'target'])(`${name}, as %s`, (side) =>
        run(
          async (options) => {
            // The options of an accepted end are those of its server, so the check's server has them.
            const far = await bind({ ...there!, ...(there!.path && { path: paths.path('far.sock') }), ...options });
            const to = { ...placeOf(far), ...(there!.tls && { tls: CLIENT_TLS }) };
            const between = await startForwarder(
              { ...here!, ...(here!.path && { path: paths.path('near.sock') }) },
              to,
              over === 'TCP without taps' ? SILENT : tapped(),
            );
            const accepting = firstValueFrom(far.connections);
            const client = await openConnection({
              ...placeOf(between),
              ...(here!.tls && { tls: CLIENT_TLS }),
              ...options,
            });
            const accepted = await accepting;
            // A reset that meets the session tickets of TLS in flight would not be seen as a reset.
            if (there!.tls) await turns(20);
            const release = async () => {
              await Promise.all([between.close({ timeout: 1 }), far.close({ timeout: 1 })]);
            };
            const ends = side === 'client' ? ([client, accepted] as const) : ([accepted, client] as const);
            return [...ends, release] as const;
          },
          // The kernel has buffers for each of the two connections.
          { resets, tooMuch: 15 * 1024 * 1024 },
        ),
      );
    }
  });

  describe('with a target that is not there', () => {
    it('resets the client, says why, and serves the next one', async () => {
      const failures: [Connection, unknown][] = [];
      const unreachable = (client: Connection, error: unknown) => void failures.push([client, error]);
      const server = await startForwarder({ host, port: 0 }, { host, port: await deadPort() }, { unreachable });
      for (let i = 1; i <= 2; i++) {
        const client = await openConnection(placeOf(server));
        expect(await client.closed).toMatchObject({ by: 'reset' });
        expect(failures).toHaveLength(i);
        expect(failures[i - 1]![1]).toMatchObject({ code: 'ECONNREFUSED' });
      }
      await server.close();
    });

    it('stops dialing for a client that has gone', async () => {
      let came = 0;
      // Nobody accepts: the handshake of TLS is never answered.
      const mute = await bind({ host, port: 0 });
      const accepted: Connection[] = [];
      mute.connections.subscribe((connection) => accepted.push(connection));
      const server = await startForwarder(
        { host, port: 0 },
        { ...placeOf(mute), tls: CLIENT_TLS },
        { accepted: () => void came++, unreachable: () => {} },
      );
      const client = await openConnection(placeOf(server));
      await until('the target is dialed', () => came === 1 && accepted.length === 1);
      client.reset();
      await until('the dialing is given up', () => server.connectionCount === 0);
      await accepted[0]!.reader.readAll().catch(() => {});
      accepted[0]!.destroy();
      await Promise.all([server.close(), mute.close()]);
    });
  });

  it('forwards a client that has sent everything and ended before the target answers', async () => {
    const target = await bind({ host, port: 0 });
    const accepting = firstValueFrom(target.connections);
    const server = await startForwarder({ host, port: 0 }, placeOf(target), SILENT);
    const client = await openConnection(placeOf(server));
    client.writer.write('question');
    client.writer.writeEof();
    const accepted = await accepting;
    expect(`${await accepted.reader.readAll()}`).toBe('question');
    accepted.writer.write('answer');
    accepted.writer.writeEof();
    expect(`${await client.reader.readAll()}`).toBe('answer');
    expect(await client.closed).toEqual({ by: 'local' });
    await Promise.all([server.close(), target.close()]);
  });

  it('loses no byte of a client that ends while the target does not read, after the target has ended', async () => {
    const target = await bind({ host, port: 0 });
    const accepting = firstValueFrom(target.connections);
    const server = await startForwarder({ host, port: 0 }, placeOf(target), SILENT);
    const client = await openConnection(placeOf(server));
    const accepted = await accepting;
    accepted.writer.writeEof();
    expect(await client.reader.readAll()).toHaveLength(0);
    client.writer.write(Buffer.alloc(12 * 1024 * 1024, 'x'));
    client.writer.writeEof();
    let before = -1;
    await until('nothing moves', () => {
      const still = before === client.bytesWritten;
      before = client.bytesWritten;
      return still;
    });
    expect((await accepted.reader.readAll({ limit: Number.POSITIVE_INFINITY })).length).toBe(12 * 1024 * 1024);
    await Promise.all([client.closed, accepted.closed]);
    await Promise.all([server.close(), target.close()]);
  });
});
