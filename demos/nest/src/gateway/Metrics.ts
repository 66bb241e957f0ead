import { createHistogram } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { Devices } from './Devices.js';

/** What the gateway tells Prometheus. No label has a value that a device chooses. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  /** From a device's clock to the alarm, in milliseconds plus 1: exact, and cheap for each reading. */
  readonly delays = createHistogram();

  private readonly in = { registers: [this.registry] };
  readonly logins = new Counter({
    name: 'gateway_logins_total',
    help: 'Logins by result',
    labelNames: ['result'],
    ...this.in,
  });
  readonly ends = new Counter({
    name: 'gateway_disconnects_total',
    help: 'Ends of logged-in connections by who ended them',
    labelNames: ['by'],
    ...this.in,
  });
  readonly commands = new Histogram({
    name: 'gateway_command_seconds',
    help: 'From a command to its reply or failure',
    labelNames: ['result'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5],
    ...this.in,
  });

  // Plain numbers: a counter of prom-client for each reading would cost more than the reading.
  readings = 0;
  /** Readings that are missing in the alarm's sequence. */
  lost = 0;
  alarms = 0;
  skippedBytes = 0;
  dashboardDropped = 0;
  dashboards = 0;
  failures = 0;

  constructor(devices: Devices) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge('gateway_devices', 'Devices that are logged in', () => devices.size);
    this.gauge('gateway_dashboards', 'Dashboards that are open', () => this.dashboards);
    this.gauge(
      'gateway_alarm_delay_p99_seconds',
      'From a device to the alarm, 99 of 100 readings, since the start',
      () => this.p99() / 1000,
    );
    this.counter('gateway_readings_total', 'Readings that the alarm has seen', () => this.readings);
    this.counter('gateway_readings_lost_total', 'Readings that the alarm missed', () => this.lost);
    this.counter('gateway_alarms_total', 'Readings above the threshold', () => this.alarms);
    this.counter('gateway_skipped_bytes_total', 'Bytes in no valid frame', () => this.skippedBytes);
    this.counter(
      'gateway_dashboard_dropped_total',
      'Readings dropped for slow dashboards',
      () => this.dashboardDropped,
    );
    this.counter('gateway_failures_total', 'Connections that failed', () => this.failures);
  }

  /** Of the delays, in milliseconds. */
  p99(): number {
    return this.delays.count === 0 ? 0 : this.delays.percentile(99) - 1;
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      ...this.in,
      collect() {
        this.set(read());
      },
    });
  }

  private counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      ...this.in,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
