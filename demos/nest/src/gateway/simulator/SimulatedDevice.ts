import { type Connection, type FramedConnection, framed, openConnection } from 'rxjs-tcp';
import { loginLine } from '../protocol/login.js';
import { deviceMessages, type FromDevice, type ToDevice } from '../protocol/messages.js';

/** Where the gateway is, and what its devices do. */
export interface Simulation {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Readings each second, of each device. */
  readonly rate: number;
}

/** Dials and logs in. Rejects if the login is refused. */
export async function login(id: string, { host, port, secret }: Simulation): Promise<Connection> {
  const connection = await openConnection({ host, port, connectTimeout: 30_000 });
  connection.writer.write(loginLine(id, secret));
  const answer = `${await connection.reader.readLine({ limit: 64, timeout: 30_000 })}`.trim();
  if (answer === 'OK') return connection;
  connection.destroy();
  throw new Error(`Cannot log in as ${id}: ${answer}`);
}

/** Above it a device waits for the network, and measures nothing. */
const FULL = 4 * 1024;

/** One reading of these has noise in front of it. */
const NOISE_EVERY = 50;
const NOISE = Buffer.from('\x00\x5a\xff noise \xa5\x00', 'latin1');

/** A good device: it measures, answers commands, and ends when it is told to. */
export class SimulatedDevice {
  /** How many readings it has sent. */
  sent = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly id: string,
    private readonly simulation: Simulation,
  ) {}

  /** Resolves when its connection has ended. */
  async run(): Promise<void> {
    const connection = await login(this.id, this.simulation);
    const messages = framed(connection, deviceMessages());
    this.timer = setInterval(() => this.measure(connection, messages), 1000 / this.simulation.rate);
    messages.subscribe({
      next: (message) => this.obey(message, connection, messages),
      error: () => this.stop(),
      complete: () => this.stop(),
    });
    await connection.closed;
    this.stop();
  }

  private measure({ writer }: Connection, messages: FramedConnection<ToDevice, FromDevice>): void {
    if (writer.bufferedAmount > FULL) return;
    const sequence = this.sent++;
    if (sequence % NOISE_EVERY === NOISE_EVERY - 1) writer.write(NOISE);
    void messages.send({ kind: 'reading', sequence, at: Date.now(), value: Math.random() * 85 }).catch(() => {});
  }

  private obey(message: ToDevice, { writer }: Connection, messages: FramedConnection<ToDevice, FromDevice>): void {
    if (message.kind === 'command') {
      void messages
        .send({ kind: 'reply', id: message.id, ok: true, text: `${this.id} did ${message.text}` })
        .catch(() => {});
      return;
    }
    this.stop();
    writer.writeEof();
  }

  private stop(): void {
    clearInterval(this.timer);
  }
}
