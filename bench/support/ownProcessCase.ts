import type { Child } from './Child';
import { startContender } from './startContender';
import type { Case, Contender, Metric, Told, Values } from './Workload';

interface OwnProcessOptions {
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly floor: string;
  readonly rounds?: number;
  readonly main?: readonly string[];
  /** Each contender measures itself, in a process of its own. */
  readonly contenders: Readonly<Record<string, () => Values | Promise<Values>>>;
}

interface Measured extends Told {
  readonly type: 'measured';
  readonly values: Values;
}

/** A case of contenders without a connection. They measure themselves. */
export function ownProcessCase({ contenders, ...rest }: OwnProcessOptions): Case {
  const serves = Object.entries(contenders).map(([name, measure]): [string, Contender] => [
    name,
    async (tell) => {
      tell({ type: 'measured', values: await measure() } as Measured);
      return { port: 0, close() {} };
    },
  ]);
  return {
    ...rest,
    contenders: Object.fromEntries(serves),
    async run(running, _time, cores) {
      const contender: Child = startContender(running, cores?.contender);
      try {
        return (await contender.next<Measured>('measured')).values;
      } finally {
        await contender.end();
      }
    },
  };
}
