/**
 * The command `rxjs-tcp wiretap` with its taps next to a forwarder of plain pipes, as demos/portForwarder has it: bytes of one direction
 * as fast as they go, and lines that are answered one at a time.
 */
import { join } from 'node:path';
import { merge, mergeMap, tap } from 'rxjs';
import { connect, startServer, writeTo } from 'rxjs-tcp';
import type { PingCommand, Pinged } from '../driver/ping';
import type { SendCommand, Sent } from '../driver/send';
import type { Arrived, TargetCommand } from '../driver/target';
import { blockOf } from '../support/blocks';
import { Child } from '../support/Child';
import { FLOOR as ECHO, echoes } from '../support/echoes';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Contender, Metric, Serve, Told, Workload } from '../support/Workload';

const host = '127.0.0.1';
const SPEC = { kind: 'bytes' } as const;
const FLOOR = 'plain pipes';
const CONNECTIONS = 10;

const plain: Serve = async (_, argument) => {
  const server = await startServer(
    (client) =>
      connect({ host, port: Number(argument), halfOpen: true }).pipe(
        mergeMap((target) =>
          merge(
            client.reader.pipe(writeTo(target.writer, { end: true })),
            target.reader.pipe(writeTo(client.writer, { end: true })),
          ).pipe(tap({ error: () => target.reset() })),
        ),
        tap({ error: () => client.reset() }),
      ),
    { host, port: 0 },
  );
  return { port: server.port as number, close: () => void server.close() };
};

/** The command as it is published, in the process of the contender. With a page nobody looks at, it prints nothing. */
const command: Serve = (_, argument) =>
  new Promise((resolve) => {
    const { stderr } = process;
    const write = stderr.write.bind(stderr);
    stderr.write = ((text: string) => {
      const port = /^Forwards 127\.0\.0\.1:(\d+) /.exec(text)?.[1];
      if (port === undefined) return true;
      stderr.write = write;
      resolve({ port: Number(port), close: () => process.kill(process.pid, 'SIGINT') });
      return true;
    }) as typeof stderr.write;
    process.argv.splice(2, Number.POSITIVE_INFINITY, 'wiretap', '--listen', '0', '--to', `${host}:${argument}`, '--ui');
    require(join(__dirname, '../../../dist/cli.js'));
  });

const contenders: Record<string, Contender> = { [FLOOR]: plain, 'rxjs-tcp wiretap': command };

const BULK: readonly Metric[] = [{ key: 'throughput', title: 'MB/s', unit: 1e6 }];
const PINGS: readonly Metric[] = [
  { key: 'rate', title: 'k/s', unit: 1e3 },
  { key: 'p50', title: 'p50 ms', unit: 1, less: true },
  { key: 'p99', title: 'p99 ms', unit: 1, less: true },
];

const bulk: Case = {
  id: 'bulk',
  title: 'forwarded bytes, tapped',
  metrics: BULK,
  floor: FLOOR,
  contenders,
  async run(running, { warm, timed }, cores) {
    const driver = Child.node('driver/driver', [], cores?.driver);
    driver.tell({ type: 'target', spec: SPEC, rest: 0 } as TargetCommand);
    const target = await driver.next<Told & { port: number }>('target');
    const contender = startContender(running, cores?.contender, `${target.port}`);
    try {
      const { port } = await contender.next<Listening>('listening');
      const once = async (time: number) => {
        const started = performance.now();
        driver.tell({ type: 'send', port, spec: SPEC, time } as SendCommand);
        const { bytes, right } = await driver.next<Arrived>('arrived');
        const seconds = (performance.now() - started) / 1000;
        const sent = (await driver.next<Sent>('sent')).blocks * blockOf(SPEC).bytes.length;
        if (!right || bytes !== sent) throw new Error(`Cannot trust a run: of ${sent} bytes ${bytes} arrived`);
        return { throughput: sent / seconds };
      };
      // As in `streamCase`: the engine optimizes again for several connections.
      await once(warm);
      await once(warm);
      return await once(2 * timed);
    } finally {
      await Promise.all([contender.end(), driver.end()]);
    }
  },
};

const pingPong: Case = {
  id: 'pingPong',
  title: `ping-pong through it, ${CONNECTIONS} connections`,
  metrics: PINGS,
  floor: FLOOR,
  contenders,
  async run(running, { warm, timed }, cores) {
    const echo = startContender(
      { workload: 'pingPong', case: '1', name: ECHO, contender: echoes[ECHO] as Contender },
      cores?.driver,
    );
    const driver = Child.node('driver/driver', [], cores?.driver);
    const target = await echo.next<Listening>('listening');
    const contender = startContender(running, cores?.contender, `${target.port}`);
    try {
      const { port } = await contender.next<Listening>('listening');
      const spec = { kind: 'lines', size: 64, text: 'ascii' } as const;
      driver.tell({
        type: 'ping',
        port,
        connections: CONNECTIONS,
        spec,
        warm: 2 * warm,
        timed: 4 * timed,
      } as PingCommand);
      const { rate, p50, p99 } = await driver.next<Pinged>('pinged');
      return { rate, p50, p99 };
    } finally {
      await Promise.all([contender.end(), driver.end(), echo.end()]);
    }
  },
};

export const workload: Workload = {
  name: 'wiretap',
  title: 'Wiretap',
  cases: [bulk, pingPong],
};
