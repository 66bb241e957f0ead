import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EMPTY, from, Observable, switchMap } from 'rxjs';
import { type Connection, type Server, startServer } from 'rxjs-tcp';
import { Alarm } from './Alarm.js';
import { Device, type DeviceEvents } from './Device.js';
import { Devices } from './Devices.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './GatewayOptions.js';
import { Metrics } from './Metrics.js';
import { LoginRefused, readLogin } from './protocol/login.js';

/**
 * Listens for devices as long as the application runs. A connection lives as long as the alarm watches its device:
 *
 *     accepted ── its login is good ──► watched ── it ends, all alarms are written ──► closed
 *         └── refused, too slow, no login ─────────────────────────────────────────► closed
 */
@Injectable()
export class DeviceServer implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Set once the application stops: nobody may log in. */
  draining = false;
  private server: Server | undefined;
  private readonly logger = new Logger(DeviceServer.name);
  private readonly events: DeviceEvents;

  constructor(
    @Inject(GATEWAY_OPTIONS) private readonly options: GatewayOptions,
    private readonly devices: Devices,
    private readonly alarm: Alarm,
    private readonly metrics: Metrics,
  ) {
    this.events = {
      skipped: (bytes) => {
        metrics.skippedBytes += bytes;
      },
      dropped: () => metrics.dashboardDropped++,
    };
  }

  /** The port that it got. */
  get port(): number {
    if (this.server?.port === undefined) throw new Error('Cannot tell the port: the gateway does not listen');
    return this.server.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { host, port, maxDevices, frameTimeout, idleTimeout, memoryLimit } = this.options;
    this.server = await startServer((connection) => this.serve(connection), {
      host,
      port,
      frameTimeout,
      memoryLimit,
      maxConnections: maxDevices,
      readIdleTimeout: idleTimeout,
      writeIdleTimeout: idleTimeout,
    });
    // Devices fail all the time: they are counted, and logged only where somebody looks for it.
    this.server.errors.subscribe(({ error, remoteAddress }) => {
      this.metrics.failures++;
      this.logger.debug(`${remoteAddress}: ${String(error)}`);
    });
  }

  /** Asks all devices to end, waits until they have sent what they have, and cuts those that do not end. */
  async onApplicationShutdown(): Promise<void> {
    this.draining = true;
    for (const device of this.devices.all()) device.dismiss();
    await this.server?.close({ timeout: this.options.drainTimeout });
  }

  private serve(connection: Connection): Observable<unknown> {
    return from(this.login(connection)).pipe(
      switchMap((id) =>
        id === undefined ? EMPTY : this.attend(new Device(id, connection, this.options, this.events)),
      ),
    );
  }

  /** The id of the device, or `undefined` where it was refused. */
  private async login(connection: Connection): Promise<string | undefined> {
    const { secret, loginTimeout } = this.options;
    try {
      const id = await readLogin(connection, secret, loginTimeout);
      if (this.draining) throw new LoginRefused('draining');
      connection.writer.write('OK\n');
      this.metrics.logins.inc({ result: 'ok' });
      return id;
    } catch (error) {
      const refused = error instanceof LoginRefused;
      this.metrics.logins.inc({ result: refused ? error.reason : 'no-login' });
      if (!refused) throw error;
      connection.writer.write(`ERR ${error.reason}\n`);
      return undefined;
    }
  }

  private attend(device: Device): Observable<unknown> {
    return new Observable((subscriber) => {
      subscriber.add(() => this.devices.remove(device));
      void device.connection.closed.then(({ by }) => this.metrics.ends.inc({ by }));
      // First those who share its readings, then the readings.
      subscriber.add(this.alarm.watch(device).subscribe(subscriber));
      this.devices.add(device);
      device.start();
    });
  }
}
