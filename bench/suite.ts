/** `npm run bench`: see `docs/performance.md`. */
import { cores } from './support/cores';
import { runCase } from './support/runCase';
import { table } from './support/table';
import { workloads } from './workloads';

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const pinned = cores();
  console.log(
    pinned === undefined ? 'unpinned' : `driver on core ${pinned.driver}, contender on core ${pinned.contender}`,
  );
  for (const { name, cases } of workloads.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const one of cases) {
      const result = await runCase(one, {
        workload: name,
        rounds: 3,
        time: { warm: +(process.env['W'] ?? 200), timed: +(process.env['T'] ?? 400) },
        cores: pinned,
      });
      console.log(table(result, one.metrics));
    }
  }
}

void main();
