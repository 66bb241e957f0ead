import { writeFileSync } from 'node:fs';
import { integer, readArgs, run, UsageError } from './args';
import { Cluster, MAX_WORKERS } from './cluster/Cluster';
import { missingPrograms } from './cluster/programs';
import { plot, sparkline } from './storm/plot';
import { FAULTS, type Fault, type Measured, Storm } from './storm/Storm';
import { quantile, type Tally } from './storm/Tally';

const HELP = `npm run storm -- [--members 200] [--rooms 20] [--rate 100] [--workers 4] [--calm 5] [--away 5]
                 [--faults ${FAULTS.join(',')} | none] [--svg FILE] [--optional]

Starts a cluster, lets members talk through HAProxy, and does damage: restarts all workers in turn, kills one, freezes the broker (for
--away seconds), restarts it, cuts members off. Then it counts: every line that was acknowledged must have been heard by every member
of its room, once and in order. Exit code 1 if not. --calm is the time before the first fault and behind each, in seconds. With
--optional a missing program is no error.`;

function faultsOf(text: string | boolean | undefined): readonly Fault[] {
  if (text === undefined) return FAULTS;
  if (text === 'none') return [];
  return String(text)
    .split(',')
    .map((name) => {
      const fault = FAULTS.find((one) => one === name);
      if (fault === undefined)
        throw new UsageError(`Cannot use ${name} as fault: it must be one of ${FAULTS.join(', ')}`);
      return fault;
    });
}

async function main(): Promise<void> {
  const names = ['members', 'rooms', 'rate', 'workers', 'calm', 'away', 'faults', 'svg'];
  const text: Record<string, { type: 'string' }> = {};
  for (const name of names) text[name] = { type: 'string' };
  const values = readArgs({ ...text, optional: { type: 'boolean' } });
  const missing = missingPrograms();
  if (values.optional === true && missing.length > 0) {
    console.log(`!!! SKIPPED: the storm, which needs ${missing.join(' and ')}`);
    return;
  }
  const members = integer(values, 'members', 200, 1, 20_000);
  const options = {
    members,
    rooms: integer(values, 'rooms', Math.ceil(members / 20), 1, members),
    rate: integer(values, 'rate', 100, 1, 100_000),
    calm: integer(values, 'calm', 5, 1, 3600),
    away: integer(values, 'away', 5, 1, 60),
    faults: faultsOf(values.faults),
    log: (text: string) => console.log(text),
  };
  const workers = integer(values, 'workers', 4, 1, MAX_WORKERS);
  // At the exit of this process all others end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const cluster = await Cluster.start({ workers, maxMembers: members + 1_000 });
  const storm = new Storm(cluster, options);
  try {
    const measured = await storm.run();
    report(storm.tally, measured, members);
    const title = `${members} members, ${options.rooms} rooms, ${options.rate} lines a second, ${workers} workers`;
    if (values.svg !== undefined) writeFileSync(String(values.svg), plot(storm.tally.seconds, title));
  } finally {
    storm.leave();
    await cluster.close();
  }
}

function report({ seconds, totals, faults, served, notes }: Tally, measured: Measured, members: number): void {
  const delays = seconds.flatMap((second) => second.delays);
  console.log('');
  console.log(
    sparkline(
      'acknowledged a second',
      seconds.map(({ acked }) => acked),
    ),
  );
  console.log(
    sparkline(
      'heard a second',
      seconds.map(({ heard }) => heard),
    ),
  );
  console.log(
    sparkline(
      'connected',
      seconds.map(({ connected }) => connected),
    ),
  );
  console.log(
    sparkline(
      'delay, 99 % (ms)',
      seconds.map((second) => quantile(second.delays, 0.99)),
    ),
  );
  console.log('');
  table([
    ['lines said', totals.said],
    ['lines acknowledged', totals.acked],
    ['lines heard, by all members', totals.heard],
    ['joins', totals.joins],
    [
      'joins by worker',
      Array.from(served, ([name, count]) => `${name} ${count}`)
        .sort()
        .join(', '),
    ],
    ['lines sent again', totals.resent],
    ['lines not said, since ten waited', totals.unsaid],
    ['probes among the failures', totals.probes],
    ['delay, median and 99 % (ms)', `${quantile(delays, 0.5).toFixed(1)} and ${quantile(delays, 0.99).toFixed(1)}`],
  ]);
  console.log('');
  costs(measured, members);
  console.log('');
  table(Object.entries(faults));
  for (const note of notes) console.log(note);
  const bad = Object.values(faults).some((count) => count > 0) || totals.acked < totals.said;
  console.log(bad ? '\nFAILED' : '\nNothing was lost, doubled or out of order');
  if (bad) process.exitCode = 1;
}

/** Of the calm: the damage restarts workers, and their numbers. */
function costs({ empty, joined, talked, heard, said }: Measured, members: number): void {
  console.log(
    `costs: memory of ${members} idle members, processor time of ${said} lines that were heard ${heard} times`,
  );
  for (const [name, { memory, cpu }] of talked) {
    const [before, idle] = [empty.get(name), joined.get(name)];
    if (before === undefined || idle === undefined) continue;
    const each = ((idle.memory - before.memory) / members / 1024).toFixed(1);
    const spent = cpu - idle.cpu;
    const by = `${spent.toFixed(2)} s: ${((spent / said) * 1e6).toFixed(0)} µs for each line, ${((spent / heard) * 1e6).toFixed(1)} µs for each time`;
    const used = `${mib(before.memory)} → ${mib(idle.memory)} (${each} KiB a member) → ${mib(memory)}`;
    console.log(`  ${name.padEnd(12)} ${used}${spent > 0 ? `; ${by}` : ''}`);
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function table(rows: readonly (readonly [string, string | number])[]): void {
  for (const [name, value] of rows) console.log(`${name.padEnd(34)} ${value}`);
}

void run(main, HELP);
