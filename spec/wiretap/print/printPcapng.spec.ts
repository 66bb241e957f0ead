// Proves that Wireshark's own reader sees the same bytes, the right sequence numbers and checksums, and the comments.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connectionPair, openConnection, startServer, writeTo } from '../../../src';
import { readJsonLines, type WireEvent, wiretap } from '../../../src/wiretap';
import { printPcapng } from '../../../src/wiretap/print/printPcapng';
import { portOf } from '../../support/portOf';
import { describeWith } from '../../support/realPrograms';
import { hasProgram, run } from '../../support/run';
import { until } from '../../support/until';

const event = (kind: WireEvent['kind'], more: Partial<WireEvent> = {}): WireEvent => ({
  seq: 0,
  time: 0,
  connection: 1,
  kind,
  ...more,
});

describe('printPcapng', () => {
  it('is a section with one interface of IP packets, and blocks that end where they say', () => {
    const file = Buffer.from(
      printPcapng([event('open', { local: '10.0.0.1:1000', remote: '10.0.0.2:2000', openedAt: 1000 })]),
    );
    const types: number[] = [];
    let at = 0;
    while (at < file.length) {
      const length = file.readUInt32LE(at + 4);
      expect([length % 4, file.readUInt32LE(at + length - 4)]).toEqual([0, length]);
      types.push(file.readUInt32LE(at));
      at += length;
    }
    expect(at).toBe(file.length);
    expect(types).toEqual([0x0a0d0d0a, 1, 6, 6, 6]);
    expect(file.readUInt16LE(file.readUInt32LE(4) + 8)).toBe(101);
  });
});

describeWith('tshark', hasProgram('tshark', ['--version'], 'TShark'))('tshark, with a capture of a tap', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxjs-tcp-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Fields of each packet. */
  async function fields(file: Uint8Array, ...names: string[]): Promise<string[][]> {
    const path = join(folder, 'a.pcapng');
    writeFileSync(path, file);
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    const args = ['-n', '-r', path, ...checks, '-T', 'fields', ...names.flatMap((name) => ['-e', name])];
    const output = await run('tshark', ...args).output;
    return output
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
  }

  /** The bytes of each direction, by the port of their sender. */
  async function bytesBy(file: Uint8Array): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [port, payload] of await fields(file, 'tcp.srcport', 'tcp.payload')) {
      found[port as string] = (found[port as string] ?? '') + payload;
    }
    return found;
  }

  it.each(['127.0.0.1', '::1'])(
    'shows the bytes, the numbers and the ends of a live connection on %s',
    async (host) => {
      const server = await startServer(({ reader, writer }) => reader.pipe(writeTo(writer, { end: true })), {
        host,
        port: 0,
      });
      const client = await openConnection({ host, port: portOf(server) });
      const tap = wiretap(client, { maxBytes: 1024 * 1024, capture: 200_000 });
      const said = Buffer.from(Array.from({ length: 150_001 }, (_, i) => (i * i) % 251));
      client.writer.write(said);
      client.writer.writeEof();
      expect((await client.reader.readAll()).equals(said)).toBe(true);
      await client.closed;
      await server.close();
      const [log] = readJsonLines(tap.toJsonLines());
      const file = log?.toPcapng() as Uint8Array;
      expect(Buffer.from(file).equals(tap.toPcapng())).toBe(true);
      const seen = await bytesBy(file);
      const local = `${client.localPort}`;
      expect([Buffer.from(seen[local] as string, 'hex').equals(said), Object.keys(seen).sort()]).toEqual([
        true,
        [local, `${portOf(server)}`].sort(),
      ]);
      expect(Buffer.from(seen[`${portOf(server)}`] as string, 'hex').equals(said)).toBe(true);

      const packets = await fields(file, 'tcp.flags.str', 'tcp.checksum.status', 'tcp.analysis.flags', '_ws.malformed');
      const flags = packets.map(([text]) => text?.replaceAll(/[^A-Z]/g, ''));
      expect(flags.slice(0, 3)).toEqual(['S', 'AS', 'A']);
      expect(flags.filter((flag) => flag === 'AF')).toHaveLength(2);
      expect(flags.filter((flag) => flag?.includes('R'))).toEqual([]);
      // Good checksums, no segment that was missed or sent again, nothing malformed.
      expect(new Set(packets.map(([, ...rest]) => rest.join('|')))).toEqual(new Set(['1||']));
    },
    60_000,
  );

  it('has pauses, pressure, TLS and resets as comments, and RST from the side that reset', async () => {
    const [near, far] = connectionPair({ capacity: 4, highWaterMark: 8, limit: 10 });
    const [ours, peers] = [wiretap(near), wiretap(far)];
    near.writer.write('x'.repeat(40));
    const paused = () => peers.events().some(({ kind }) => kind === 'paused');
    await until('it is paused', paused);
    far.reset();
    await near.closed;
    const comments = async (file: Uint8Array) =>
      (await fields(file, 'tcp.srcport', 'tcp.flags.reset', 'frame.comment'))
        .filter(([, , comment]) => comment !== '')
        .map(
          ([port, reset, comment]) =>
            `${Number(port) > 49_000 ? 'ours' : 'peers'} ${/^(1|True)$/.test(reset!) ? 'RST ' : ''}${/ms {2}(\w+)/.exec(comment!)?.[1]}`,
        );
    expect(await comments(ours.toPcapng())).toEqual([
      'ours open',
      'ours pressure',
      'ours drained',
      'peers RST reset',
      'ours close',
    ]);
    expect(await comments(peers.toPcapng())).toEqual(['ours open', 'ours paused', 'ours RST reset', 'ours close']);
    destroy(near, far);
  }, 60_000);

  it('says how long a packet was whose bytes were not kept, and goes on behind a gap', async () => {
    const file = printPcapng([
      event('open'),
      event('rx', { bytes: 100, data: Buffer.from('kept') }),
      event('rx', { bytes: 5, data: Buffer.from('whole') }),
      event('tx', { bytes: 70_000 }),
      event('gap', { bytes: 1000 }),
      event('tx', { bytes: 2, data: Buffer.from('ab') }),
    ]);
    const packets = await fields(file, 'tcp.seq', 'tcp.len', 'frame.cap_len', 'frame.comment');
    expect(packets.slice(3).map(([seq, length, captured]) => [seq, length, captured])).toEqual([
      ['1', '100', '44'],
      ['101', '5', '45'],
      ['1', '64000', '40'],
      ['64001', '6000', '40'],
      ['70001', '0', '40'],
      ['70001', '2', '42'],
    ]);
    expect(packets[7]?.[3]).toContain('1000 bytes dropped');
  }, 60_000);

  it('has several connections in one file', async () => {
    const file = printPcapng(
      [1, 2].flatMap((connection) => [
        event('open', { connection, local: `10.0.0.1:${connection}`, remote: '10.0.0.2:80' }),
        event('tx', { connection, bytes: 3, data: Buffer.from(`to${connection}`) }),
      ]),
    );
    expect(await bytesBy(file)).toMatchObject({
      1: Buffer.from('to1').toString('hex'),
      2: Buffer.from('to2').toString('hex'),
    });
  }, 60_000);
});

function destroy(...connections: Connection[]): void {
  for (const connection of connections) connection.destroy();
}
