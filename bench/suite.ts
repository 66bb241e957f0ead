/** `npm run bench`: see `docs/performance.md`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { goals } from './goals';
import { checkGoals } from './support/checkGoals';
import { cores } from './support/cores';
import { goalTable } from './support/goalTable';
import { installPeers } from './support/installPeers';
import { mainOf } from './support/mainOf';
import { Progress } from './support/Progress';
import { plot } from './support/plot';
import { refreshDocument } from './support/refreshDocument';
import { type Result, runCase, runsOf } from './support/runCase';
import { table } from './support/table';
import type { Workload } from './support/Workload';
import { workloads } from './workloads';

const USAGE = `npm run bench -- [workload[:case]…] [--all] [--check] [--json FILE|-] [--docs] [--quick]

  What the goals are about, next to the best known peers; of the workloads that are named, everything.

  --all    everything
  --check  compares with the goals, and fails where one is missed
  --json   writes what was measured to a file, or prints it, and the tables to stderr
  --docs   everything, or what is named; draws docs/bench/*.svg of whole workloads, and refreshes the tables of docs/performance.md
  --quick  one short round, to try something out

workloads:
${workloads.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        json: { type: 'string' },
        docs: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const known = workloads.flatMap(({ name, cases }) => [name, ...cases.map(({ id }) => `${name}:${id}`)]);
    const unknown = positionals.find((wanted) => !known.includes(wanted));
    if (unknown !== undefined) throw new Error(`Cannot run ${unknown}: there is no such workload or case`);
    return { ...values, wanted: positionals };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const { wanted, all, check, json, docs, quick, help } = options();
  if (help) return console.log(USAGE);
  const print = json === '-' ? console.error : console.log;
  const everything = all || docs || wanted.length > 0;
  const named = (name: string, id: string) => wanted.includes(name) || wanted.includes(`${name}:${id}`);
  const chosen = workloads
    .map((one) => (wanted.length === 0 ? one : { ...one, cases: one.cases.filter(({ id }) => named(one.name, id)) }))
    .filter(({ cases }) => cases.length > 0)
    .map((one) => (everything ? one : { ...one, cases: one.cases.flatMap((of) => mainOf(of) ?? []) }));
  const roundsOf = (rounds = 3) => (quick ? 1 : rounds);
  const time = quick ? { first: 100, warm: 100, timed: 150 } : { first: 1000, warm: 250, timed: 400 };
  installPeers();
  const pinned = cores();
  print(
    pinned === undefined
      ? 'Cannot pin processes to cores on this machine: the numbers will vary more'
      : `Pinned: drivers to core ${pinned.driver}, contenders to core ${pinned.contender}`,
  );

  const processor = cpus()[0]?.model ?? process.arch;
  const runs = chosen.flatMap(({ cases }) => cases.map((one) => runsOf(one, roundsOf(one.rounds))));
  const progress = new Progress(runs.reduce((sum, some) => sum + some, 0));
  const results: Result[] = [];
  let failed = false;
  for (const { name, cases } of chosen) {
    for (const one of cases) {
      const running = runCase(one, {
        workload: name,
        rounds: roundsOf(one.rounds),
        time,
        cores: pinned,
        progress: (contender) => progress.step(`${name} ${one.id}: ${contender}`),
      });
      try {
        const result = await running;
        progress.clear();
        print(table(result, one.metrics));
        results.push(result);
        failed ||= result.rows.some(({ trouble = 'not installed' }) => trouble !== 'not installed');
      } catch (error) {
        progress.clear();
        print(`${one.title}: ${(error as Error).message}\n`);
        failed = true;
      }
    }
  }

  if (json !== undefined) {
    const machine = { node: process.version, processor, pinned: pinned ?? null };
    const content = `${JSON.stringify({ ...machine, results }, undefined, 2)}\n`;
    if (json === '-') process.stdout.write(content);
    else writeFileSync(json, content);
  }
  if (docs) {
    mkdirSync('docs/bench', { recursive: true });
    const whole = ({ name, cases }: Workload) =>
      workloads.find((one) => one.name === name)?.cases.length === cases.length;
    for (const one of chosen.filter(whole)) writeFileSync(`docs/bench/${one.name}.svg`, plot(one, results));
    const machine = `Node ${process.version}, ${processor}, ${pinned === undefined ? 'not pinned' : 'pinned'}.`;
    const document = 'docs/performance.md';
    writeFileSync(document, refreshDocument(readFileSync(document, 'utf8'), workloads, results, machine));
  }
  let missed = false;
  if (check) {
    const checked = checkGoals(results, goals);
    print(goalTable(checked));
    missed = checked.some(({ met }) => met === false);
  }
  process.exitCode = failed || missed ? 1 : 0;
}

void main();
