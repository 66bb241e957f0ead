import type { SendCommand, Sent } from '../driver/send';
import { assertCounted } from './assertCounted';
import { blockOf } from './blocks';
import { Child } from './Child';
import type { Served } from './serve';
import { type Listening, startContender } from './startContender';
import type { Case, Metric, Stream } from './Workload';

type StreamOptions = Pick<Case, 'id' | 'title' | 'floor' | 'contenders' | 'main'> & { readonly stream: Stream };

const metricsOf = (what: string): readonly Metric[] => [
  { key: 'rate', title: `${what}/cpu s`, unit: 1e6 },
  { key: 'fresh', title: 'at first', unit: 1e6 },
  { key: 'throughput', title: 'MB/s', unit: 1e6, ratio: false },
  { key: 'busy', title: 'busy', unit: 1, ratio: false },
];

/**
 * A driver sends frames as fast as it can for some time, and the contender reads them. Two connections warm up, the third one
 * counts. `fresh` is the rate of the first one, in a process that has just begun. The rate is for a second of processor time, so it depends neither on other work of the machine nor on the speed of the
 * driver. `busy` is the share of the time in which the contender's process was at work: if it is 1, the contender never waited
 * for the driver.
 */
export function streamCase(options: StreamOptions): Case {
  const { spec, as, echo } = options.stream;
  return {
    ...options,
    metrics: metricsOf(spec.kind === 'bytes' ? 'MB' : 'M'),
    async run(running, { first = 0, warm, timed }, cores) {
      const contender = startContender(running, cores?.contender);
      const driver = Child.node('driver/driver', [], cores?.driver);
      try {
        const { port } = await contender.next<Listening>('listening');
        const block = blockOf(spec);
        const once = async (time: number) => {
          driver.tell({ type: 'send', port, spec, time } as SendCommand);
          const served = await contender.next<Served>('served');
          const sent = await driver.next<Sent>('sent');
          if (sent.failed !== undefined) throw new Error(`Cannot trust a run: the connection failed: ${sent.failed}`);
          assertCounted(block, sent.blocks, served, as);
          const bytes = block.bytes.length * sent.blocks;
          if (echo && !(sent.right && sent.back === bytes))
            throw new Error(
              `Cannot trust a run: of ${bytes} bytes ${sent.back} came back${sent.right ? '' : ', others'}`,
            );
          const { frames, seconds, cpu } = served;
          return {
            rate: (spec.kind === 'bytes' ? bytes : frames) / cpu,
            throughput: bytes / seconds,
            busy: cpu / seconds,
          };
        };
        // The engine optimizes in the first connection, and again in the second, now that there are several.
        const { rate: fresh } = await once(Math.max(first, warm));
        await once(warm);
        return { ...(await once(timed)), fresh };
      } finally {
        await Promise.all([contender.end(), driver.end()]);
      }
    },
  };
}
