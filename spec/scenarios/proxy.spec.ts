// Proves on real sockets that a proxy of two pipes forwards every byte and the ends both ways, with little of it in its
// own memory while one side does not read. bench/workloads/proxy.ts does so at full speed and watches the process.
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { concatMap, map, merge, mergeMap, type Observable, of, scan } from 'rxjs';
import { type Connection, connect, openConnection, type StreamReader, startServer, writeTo } from '../../src';
import { turns, until } from '../support/until';

const BLOCK = Buffer.alloc(64 * 1024, 'not the same bytes at every place, which a checksum would not see ');
const BLOCKS = 64; // 4 MiB each way
/**
 * Read-ahead, one chunk beyond it, the queue up to its mark and one chunk beyond: the most that one direction may
 * buffer.
 */
const MOST = 2 * 65_536 + 65_536 + 65_536 + 65_536;

describe('a proxy', () => {
  it.each<[string, (reader: StreamReader) => Observable<Uint8Array>]>([
    ['directly', (reader) => reader],
    ['through map', map((chunk: Uint8Array) => chunk)],
    ['through scan', scan((_, chunk: Uint8Array) => chunk)],
    ['through concatMap', concatMap((chunk: Uint8Array) => of(chunk))],
  ])('forwards all bytes both ways, %s, to peers that read late', async (_, through) => {
    let waiting = 0;
    const target = await startServer(exchange, { host: '127.0.0.1', port: 0 });
    const proxy = await startServer(
      (client) =>
        connect({ ...addressOf(target), halfOpen: true }).pipe(
          mergeMap((server) => {
            // When bytes arrive, most wait: progress is told only when they have gone.
            const watch = (from: Connection, to: Connection) =>
              from.writer.getExtraInfo('socket')?.on('data', () => {
                waiting = Math.max(waiting, from.reader.bufferedAmount + to.writer.bufferedAmount);
              });
            watch(client, server);
            watch(server, client);
            return merge(
              through(client.reader).pipe(writeTo(server.writer, { end: true })),
              through(server.reader).pipe(writeTo(client.writer, { end: true })),
            );
          }),
        ),
      { host: '127.0.0.1', port: 0 },
    );
    const client = await openConnection(addressOf(proxy));
    expect(await exchange(client)).toBe(EXPECTED);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThanOrEqual(MOST);
    await Promise.all([client.close(), proxy.close(), target.close()]);
  });

  const EXPECTED = createHash('sha256')
    .update(Buffer.alloc(BLOCK.length * BLOCKS, BLOCK))
    .digest('hex');

  /** Sends everything, and reads only once the kernel accepts no more of it. */
  async function exchange({ reader, writer }: Connection): Promise<string> {
    for (let i = 0; i < BLOCKS; i++) writer.write(BLOCK);
    writer.writeEof();
    let before = -1;
    await until('nothing moves', () => {
      const still = before === writer.bytesWritten;
      before = writer.bytesWritten;
      return still;
    });
    await turns(20);
    const hash = createHash('sha256');
    for await (const chunk of reader) hash.update(chunk);
    return hash.digest('hex');
  }
});

function addressOf(server: { address(): unknown }): { host: string; port: number } {
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}
