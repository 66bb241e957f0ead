/**
 * Bytes from one connection to another: how fast, and with how much memory, next to Node's `a.pipe(b)`. The second case: how much
 * memory is kept while the target reads slowly (it rests after each MiB). Every byte is compared.
 */
import { connect as dial, type Socket } from 'node:net';
import { concatMap, lastValueFrom, map, type Observable, of, scan } from 'rxjs';
import { openConnection, type StreamReader, writeTo } from 'rxjs-tcp';
import type { SendCommand, Sent } from '../driver/send';
import type { Arrived, TargetCommand } from '../driver/target';
import { blockOf } from '../support/blocks';
import { Child } from '../support/Child';
import { Memory, MIB } from '../support/Memory';
import { overConnection, overNet, type Served } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Contender, Metric, Serve, Told, Workload } from '../support/Workload';

const host = '127.0.0.1';
const SPEC = { kind: 'bytes' } as const;
const FLOOR = 'a.pipe(b)';
const METRICS: readonly Metric[] = [
  { key: 'rate', title: 'MB/cpu s', unit: 1e6 },
  { key: 'throughput', title: 'MB/s', unit: 1e6, ratio: false },
  { key: 'busy', title: 'busy', unit: 1, ratio: false },
  { key: 'peak', title: 'peak MiB', unit: MIB, less: true },
];

/** Also reports the peak of the memory. */
function remembering(serve: (port: number) => Serve): Serve {
  return (tell, argument) => {
    const memory = new Memory();
    const withMemory = (message: Told) => tell({ ...message, peak: memory.peak } as Told);
    return serve(Number(argument))(withMemory, '');
  };
}

/** The two sockets of a proxy, and the end of what was written to the second. */
function between(port: number, join: (from: Socket, to: Socket) => void): Serve {
  return overNet(
    (from) =>
      new Promise((resolve) => {
        const to = dial({ host, port, noDelay: true });
        to.once('finish', () => resolve({ frames: 0, length: to.bytesWritten }));
        join(from, to);
      }),
  );
}

function piped(through: (reader: StreamReader) => Observable<Uint8Array>): Serve {
  return remembering((port) =>
    overConnection(async ({ reader }) => {
      const to = await openConnection({ host, port });
      await lastValueFrom(through(reader).pipe(writeTo(to.writer, { end: true })), { defaultValue: undefined });
      await to.writer.flush();
      return { frames: 0, length: to.bytesWritten };
    }),
  );
}

const contenders: Record<string, Contender> = {
  [FLOOR]: remembering((port) => between(port, (from, to) => from.pipe(to))),
  "'data' and write, by hand": remembering((port) =>
    between(port, (from, to) => {
      from.on('data', (chunk) => {
        if (to.write(chunk)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
      from.once('end', () => to.end());
    }),
  ),
  'rxjs-tcp writeTo()': piped((reader) => reader),
  'rxjs-tcp map, writeTo()': piped(map((chunk: Uint8Array) => chunk)),
  'rxjs-tcp scan, writeTo()': piped(scan((_, chunk: Uint8Array) => chunk)),
  'rxjs-tcp concatMap(of), writeTo()': piped(concatMap((chunk: Uint8Array) => of(chunk))),
};

function caseOf(
  id: string,
  title: string,
  { rest, long, rounds, main }: Pick<Case, 'main'> & { rest: number; long: number; rounds: number },
): Case {
  return {
    id,
    title,
    rounds,
    main: main ?? [],
    metrics: METRICS,
    floor: FLOOR,
    contenders,
    async run(running, { warm, timed }, cores) {
      const driver = Child.node('driver/driver', [], cores?.driver);
      driver.tell({ type: 'target', spec: SPEC, rest } as TargetCommand);
      const target = await driver.next<Told & { port: number }>('target');
      const contender = startContender(running, cores?.contender, `${target.port}`);
      try {
        const { port } = await contender.next<Listening>('listening');
        const once = async (time: number) => {
          driver.tell({ type: 'send', port, spec: SPEC, time } as SendCommand);
          const { seconds, cpu, length, peak } = await contender.next<Served & { peak: number }>('served');
          const { bytes, right } = await driver.next<Arrived>('arrived');
          const sent = (await driver.next<Sent>('sent')).blocks * blockOf(SPEC).bytes.length;
          if (!right || bytes !== sent || length !== sent)
            throw new Error(`Cannot trust a run: of ${sent} bytes ${bytes} arrived${right ? '' : ', others'}`);
          return { rate: sent / cpu, throughput: sent / seconds, busy: cpu / seconds, peak };
        };
        // As in `streamCase`: the engine optimizes again for several connections.
        await once(warm);
        await once(warm);
        return await once(long * timed);
      } finally {
        await Promise.all([contender.end(), driver.end()]);
      }
    },
  };
}

export const workload: Workload = {
  name: 'proxy',
  title: 'Proxy',
  cases: [
    caseOf('fast', 'proxy to a target that reads fast', {
      rest: 0,
      long: 2,
      rounds: 3,
      main: ["'data' and write, by hand", 'rxjs-tcp writeTo()'],
    }),
    caseOf('slow', 'proxy to a target that reads slowly', { rest: 4, long: 4, rounds: 1 }),
  ],
};
