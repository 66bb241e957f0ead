import type { INestApplicationContext } from '@nestjs/common';
import { Devices } from './Devices.js';
import { Metrics } from './Metrics.js';

/** One line for each second. */
export class Status {
  private readonly metrics: Metrics;
  private readonly devices: Devices;
  private seen = 0;
  private since = performance.now();

  constructor(app: INestApplicationContext) {
    this.metrics = app.get(Metrics);
    this.devices = app.get(Devices);
  }

  line(): string {
    const { readings, lost, alarms, dashboards, dashboardDropped, skippedBytes, failures } = this.metrics;
    const now = performance.now();
    const rate = Math.round((1000 * (readings - this.seen)) / (now - this.since));
    this.seen = readings;
    this.since = now;
    return [
      `${this.devices.size} devices`,
      `${rate} readings/s`,
      `alarm: ${alarms} raised, ${lost} lost, p99 ${this.metrics.p99()} ms`,
      `dashboards: ${dashboards} open, ${dashboardDropped} dropped`,
      `${skippedBytes} bytes skipped`,
      `${failures} failures`,
      `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    ].join(' · ');
  }
}
