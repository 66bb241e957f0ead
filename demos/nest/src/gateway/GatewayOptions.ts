import type { Journal } from './Journal.js';

/** The options of a gateway. Each that a peer could overrun is a limit. Times are milliseconds, sizes bytes. */
export interface GatewayOptions {
  readonly host: string;
  /** The port for devices; 0 is any free one. */
  readonly port: number;
  /** What the tokens of the devices are made with. */
  readonly secret: string;
  readonly maxDevices: number;
  /** From the connection to the line of the login. */
  readonly loginTimeout: number;
  /** From the first byte of a frame to its last. */
  readonly frameTimeout: number;
  /** How long a device may send nothing, or take nothing of what waits for it. */
  readonly idleTimeout: number;
  /** How many bytes may be skipped between two valid frames. */
  readonly maxSkipped: number;
  /** From a command to its reply. */
  readonly commandTimeout: number;
  /** How many commands of one device may wait for a reply, and as many to be sent. */
  readonly maxCommands: number;
  /** How much of a device may wait for the alarm; above it the device is not read. */
  readonly alarmBuffer: number;
  /** How much of a device may wait for each dashboard; above it the oldest is dropped. */
  readonly dashboardBuffer: number;
  readonly maxDashboards: number;
  /** The unread and unsent bytes of all devices together; at this limit the largest are cut. */
  readonly memoryLimit: number;
  /** How long devices have to end, when the gateway stops. */
  readonly drainTimeout: number;
  /** Readings above it are alarms. */
  readonly threshold: number;
  /** Where alarms are written. Default: in memory. */
  readonly journal?: Journal;
}

/** The token of the options. */
export const GATEWAY_OPTIONS = Symbol('the options of the gateway');

export const defaultOptions: GatewayOptions = {
  host: '127.0.0.1',
  port: 4000,
  secret: 'demo',
  maxDevices: 5000,
  loginTimeout: 5000,
  frameTimeout: 5000,
  idleTimeout: 60_000,
  maxSkipped: 16 * 1024,
  commandTimeout: 2000,
  maxCommands: 8,
  alarmBuffer: 1024,
  dashboardBuffer: 1024,
  maxDashboards: 20,
  memoryLimit: 256 * 1024 * 1024,
  drainTimeout: 5000,
  threshold: 80,
};
