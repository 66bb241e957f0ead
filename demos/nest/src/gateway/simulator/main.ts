import { parseArgs } from 'node:util';
import { badDevices, misbehave } from './badDevices.js';
import { SimulatedDevice } from './SimulatedDevice.js';

// A process of simulated devices. It tells its parent when the good ones are logged in, and, when the gateway has told them to
// end, how many readings each has sent.

/** What this process tells its parent. */
export type SimulatorReport = { readonly running: number } | { readonly sent: Readonly<Record<string, number>> };

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    secret: { type: 'string', default: 'demo' },
    devices: { type: 'string', default: '200' },
    bad: { type: 'string', default: '20' },
    rate: { type: 'string', default: '5' },
  },
});
const simulation = { host: values.host, port: Number(values.port), secret: values.secret, rate: Number(values.rate) };
const good = Array.from({ length: Number(values.devices) }, (_, i) => new SimulatedDevice(`device-${i}`, simulation));
const kinds = Object.values(badDevices);
const stop = new AbortController();

function report(what: SimulatorReport): void {
  process.send?.(what);
}

// It does not outlive its parent.
process.once('disconnect', () => process.exit());

for (let i = 0; i < Number(values.bad); i++) {
  const misdeed = kinds[i % kinds.length] as (typeof kinds)[number];
  void misbehave(`bad-${i}`, simulation, misdeed, stop.signal);
}
/** How many dial at once: the queue of the kernel is short. */
const BATCH = 50;
const runs: Promise<void>[] = [];
for (let i = 0; i < good.length; i += BATCH) {
  const batch = good.slice(i, i + BATCH);
  runs.push(...batch.map((device) => device.run()));
  while (batch.some((device) => device.sent === 0)) await new Promise((resolve) => setTimeout(resolve, 20));
}
report({ running: good.length });
await Promise.all(runs);
stop.abort();
report({ sent: Object.fromEntries(good.map(({ id, sent }) => [id, sent])) });
process.disconnect?.();
