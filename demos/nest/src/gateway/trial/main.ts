import 'reflect-metadata';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { mergeMap } from 'rxjs';
import { DeviceServer } from '../DeviceServer.js';
import { Devices } from '../Devices.js';
import { GatewayModule } from '../GatewayModule.js';
import { Metrics } from '../Metrics.js';
import type { SimulatorReport } from '../simulator/main.js';
import { startSimulator } from '../simulator/startSimulator.js';

// 2,000 devices, some bad ones, and a dashboard that reads nothing for 10 seconds: `npm run gateway:trial -- --devices 100 --seconds 2`.
// It fails if the alarm misses a reading of a good device, or if the dashboard gets nothing afterwards.

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '2000' },
    bad: { type: 'string', default: '100' },
    rate: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
  },
});
const [devices, bad, rate, seconds] = [values.devices, values.bad, values.rate, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
];
const secret = 'trial';
const app = await NestFactory.create(GatewayModule.register({ port: 0, secret }), { logger: ['warn', 'error'] });
await app.listen(0, '127.0.0.1');
const metrics = app.get(Metrics);

/** How many readings of each device came in order. */
const seen = new Map<string, number>();
app
  .get(Devices)
  .each$.pipe(mergeMap(({ id, everyReading$ }) => everyReading$.pipe(mergeMap(async () => id))))
  .subscribe((id) => seen.set(id, (seen.get(id) ?? 0) + 1));

const row = (...cells: (string | number)[]) => console.log(cells.map((cell) => `${cell}`.padStart(15)).join(''));
function note(phase: string): void {
  const { readings, dashboardDropped } = metrics;
  row(
    phase,
    readings,
    dashboardDropped,
    `${metrics.p99()} ms`,
    `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
  );
  metrics.delays.reset();
}

const simulator = startSimulator({ port: app.get(DeviceServer).port, secret, devices, bad, rate });
const reports: SimulatorReport[] = [];
simulator.on('message', (report: SimulatorReport) => reports.push(report));
await once(simulator, 'message');
row('', 'readings', 'not shown', 'alarm p99', 'resident');
metrics.delays.reset();
await sleep(500 * seconds);
note('before');

// A dashboard whose client reads its headers, and then nothing.
const [stalled] = (await once(get(`${await app.getUrl()}/dashboard`), 'response')) as [IncomingMessage];
stalled.pause();
await sleep(1000 * seconds);
note('stalled');
let shown = 0;
stalled.on('data', (bytes: Buffer) => {
  shown += bytes.length;
});
stalled.resume();
await sleep(500 * seconds);
note('afterwards');
stalled.destroy();

await app.close();
if (reports.length < 2) await once(simulator, 'message');
const { sent } = reports[1] as { sent: Readonly<Record<string, number>> };
const missed = Object.entries(sent).filter(([id, count]) => seen.get(id) !== count);
const total = Object.values(sent).reduce((sum, count) => sum + count, 0);
console.log(
  `${devices} devices sent ${total} readings; the alarm lost ${metrics.lost}; of ${missed.length} devices some are missing`,
);
console.log(
  `The dashboard went on: ${shown} bytes. ${metrics.failures} bad connections failed, ${metrics.skippedBytes} bytes of noise were skipped`,
);
process.exitCode = missed.length === 0 && shown > 0 ? 0 : 1;
