import { setTimeout as sleep } from 'node:timers/promises';
import { framed, openConnection } from 'rxjs-tcp';
import { deviceMessages } from '../protocol/messages.js';
import { login, type Simulation } from './SimulatedDevice.js';

/** What a bad device does once, until its connection is over. */
type Misdeed = (id: string, simulation: Simulation) => Promise<unknown>;

/** The kinds of bad devices. */
export const badDevices: Record<string, Misdeed> = {
  async wrongLogin(id, simulation) {
    await login(id, { ...simulation, secret: 'guessed' }).catch(() => {});
  },
  async endlessLogin(_id, { host, port }) {
    const { writer, closed } = await openConnection({ host, port });
    writer.write('LOGIN '.padEnd(100_000, 'x'));
    await closed;
  },
  /** No line at all: the time limit of the login ends it. */
  async silence(_id, { host, port }) {
    const { closed } = await openConnection({ host, port });
    await closed;
  },
  /** Bytes that are full of markers, and no frame. */
  async garbage(id, simulation) {
    const connection = await login(id, simulation);
    const bytes = Buffer.from('\xa5\x5a\x00\x20 garbage '.repeat(100), 'latin1');
    while (!connection.signal.aborted) {
      connection.writer.write(bytes);
      await Promise.race([connection.writer.drain().catch(() => {}), connection.closed]);
      await sleep(100);
    }
  },
  async halfFrame(id, simulation) {
    const { writer, closed } = await login(id, simulation);
    writer.write(Buffer.from([0xa5, 0x5a, 0x00, 0x11, 0x01]));
    await closed;
  },
  /** It sends readings, and reads nothing: no command, and no goodbye. */
  async neverReads(id, simulation) {
    const connection = await login(id, simulation);
    connection.reader.pause();
    const messages = framed(connection, deviceMessages());
    for (let sequence = 0; !connection.signal.aborted; sequence++) {
      messages.send({ kind: 'reading', sequence, at: Date.now(), value: 0 }).catch(() => {});
      await sleep(1000 / simulation.rate);
    }
  },
  async resets(id, simulation) {
    const connection = await login(id, simulation);
    const messages = framed(connection, deviceMessages());
    messages.send({ kind: 'reading', sequence: 0, at: Date.now(), value: 0 }).catch(() => {});
    await sleep(200);
    connection.reset();
  },
  /** The second login ends the first. */
  async twoLogins(id, simulation) {
    const first = await login(id, simulation);
    const second = await login(id, simulation);
    await first.closed;
    second.destroy();
  },
};

const PAUSE = 500;

/** Does the same again and again, until the signal. */
export async function misbehave(
  id: string,
  simulation: Simulation,
  misdeed: Misdeed,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // It is refused, cut, or can't connect: that is what it is for.
    await misdeed(id, simulation).catch(() => {});
    await sleep(PAUSE, undefined, { ref: false });
  }
}
