/** Echo of one line at a time on each connection. System calls dominate, so it shows whether something got much slower. */
import type { PingCommand, Pinged } from '../driver/ping';
import { Child } from '../support/Child';
import { echoes, FLOOR } from '../support/echoes';
import type { Served } from '../support/serve';
import { type Listening, startContender } from '../support/startContender';
import type { Case, Metric, Workload } from '../support/Workload';

const METRICS: readonly Metric[] = [
  { key: 'rate', title: 'k/s', unit: 1e3 },
  { key: 'p50', title: 'p50 ms', unit: 1, less: true },
  { key: 'p99', title: 'p99 ms', unit: 1, less: true },
];

const { 'naive RxJS': _, ...contenders } = echoes;

function caseOf(connections: number): Case {
  return {
    id: `${connections}`,
    title: `ping-pong, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    metrics: METRICS,
    floor: FLOOR,
    contenders,
    main: ['rxjs-tcp readLine(), writeTo()'],
    async run(running, { warm, timed }, cores) {
      const contender = startContender(running, cores?.contender);
      const driver = Child.node('driver/driver', [], cores?.driver);
      try {
        const { port } = await contender.next<Listening>('listening');
        const spec = { kind: 'lines', size: 64, text: 'ascii' } as const;
        driver.tell({ type: 'ping', port, connections, spec, warm: 2 * warm, timed: 4 * timed } as PingCommand);
        const { answers, rate, p50, p99 } = await driver.next<Pinged>('pinged');
        let frames = 0;
        for (let i = 0; i < connections; i++) frames += (await contender.next<Served>('served')).frames;
        if (frames !== answers) throw new Error(`Cannot trust a run: ${frames} lines were read, ${answers} came back`);
        return { rate, p50, p99 };
      } finally {
        await Promise.all([contender.end(), driver.end()]);
      }
    },
  };
}

export const workload: Workload = {
  name: 'pingPong',
  title: 'Ping-pong of lines',
  cases: [caseOf(1), caseOf(50), caseOf(500), { ...caseOf(5000), main: [], rounds: 2 }],
};
