import { filter, type Observable } from 'rxjs';
import { type Connection, requests, sharePausing } from 'rxjs-tcp';
import type { GatewayOptions } from './GatewayOptions.js';
import { type FromDevice, gatewayMessages, type Reading, type Reply, type ToDevice } from './protocol/messages.js';

/** What the limits of a device are. */
export type DeviceLimits = Pick<
  GatewayOptions,
  'maxSkipped' | 'commandTimeout' | 'maxCommands' | 'alarmBuffer' | 'dashboardBuffer'
>;

/** What a device tells the metrics. */
export interface DeviceEvents {
  skipped(bytes: number): void;
  dropped(): void;
}

/** What a reading counts for while it waits. */
const READING_BYTES = 32;

/**
 * A device that is logged in. Its connection has one reader, `requests`: a reply goes to its command, and a reading goes to
 * all that share it.
 *
 *     reader ── requests ──┬── replies, by id ──► the promises of `ask`
 *                          └── readings ──┬── everyReading$: a slow subscriber holds the reader
 *                                         └── newestReadings$: a slow subscriber loses the oldest
 */
export class Device {
  /** For a consumer that must lose nothing. */
  readonly everyReading$: Observable<Reading>;
  /** For a consumer that wants what is new. */
  readonly newestReadings$: Observable<Reading>;
  private readonly calls;
  private readonly release: () => void;
  private nextId = 0;
  private skipped = 0;

  /** It reads nothing until `start`. */
  constructor(
    readonly id: string,
    readonly connection: Connection,
    { maxSkipped, commandTimeout, maxCommands, alarmBuffer, dashboardBuffer }: DeviceLimits,
    events: DeviceEvents,
  ) {
    const { reader } = connection;
    // What came right behind the login waits for those who will subscribe.
    this.release = reader.pause();
    const onSkip = ({ length }: Buffer) => {
      this.skipped += length;
      events.skipped(length);
      if (this.skipped > maxSkipped) {
        connection.destroy(new Error(`Cannot find a frame of ${id}: ${this.skipped} bytes are in none`));
      }
    };
    this.calls = requests<ToDevice, FromDevice>(connection, gatewayMessages(onSkip), {
      key: {
        request: (message) => (message.kind === 'command' ? message.id : undefined),
        reply: (message) => (message.kind === 'reply' ? message.id : undefined),
      },
      timeout: commandTimeout,
      maxInFlight: maxCommands,
      maxQueued: maxCommands,
    });
    const readings$ = this.calls.unsolicited$.pipe(
      filter((message) => message.kind === 'reading'),
      filter(() => {
        this.skipped = 0;
        return true;
      }),
    );
    const size = () => READING_BYTES;
    this.everyReading$ = readings$.pipe(sharePausing({ source: reader, maxBuffered: alarmBuffer, size }));
    this.newestReadings$ = readings$.pipe(
      sharePausing({
        source: reader,
        overflow: 'drop-oldest',
        maxBuffered: dashboardBuffer,
        size,
        onDrop: () => events.dropped(),
      }),
    );
  }

  /** Reads from now on. */
  start(): void {
    this.release();
  }

  /**
   * Sends a command.
   *
   * @returns Its reply. Rejects with a `SocketTimeoutError` after the time limit, with a `BufferOverflowError` if too many
   *   commands wait, with a `ConnectionClosedError` if the device goes.
   */
  ask(text: string): Promise<Reply> {
    const id = this.nextId;
    this.nextId = (id + 1) % 2 ** 32;
    return this.calls.request({ kind: 'command', id, text }) as Promise<Reply>;
  }

  /** Asks the device to end, behind the commands that wait. It sends what it has, and ends. */
  dismiss(): void {
    // If that can't be sent, the time limit of the drain ends the device.
    this.calls.send({ kind: 'goodbye' }).catch(() => {});
  }
}
