/** Counts what the diagnostics channels tell, and finds what does not add up. It keeps only what is open. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ChannelMessages, Connection, ConnectMessage, HandshakeMessage } from 'rxjs-tcp';

type Name = keyof ChannelMessages;
type Listeners = { readonly [N in Name]: (message: ChannelMessages[N]) => void };

/** One end that is closed, while the other is open. */
interface ClosedEnd {
  readonly isAccepted: boolean;
  readonly read: number;
  readonly written: number;
  /** Whether both FINs have passed it: then the other end has everything, and it has everything of the other. */
  readonly inFull: boolean;
}

export class Ledger {
  readonly counts = { opened: 0, closed: 0, held: 0, pressure: 0, listening: 0, stopped: 0, refused: 0, failed: 0 };
  /** How many dialings and handshakes have begun and ended. */
  readonly connects = { begun: 0, ended: 0 };
  readonly handshakes = { begun: 0, ended: 0 };
  /** How often both ends of a connection were compared. */
  compared = 0;
  private readonly open = new Set<Connection>();
  private readonly running = new Set<ConnectMessage | HandshakeMessage>();
  private readonly closedEnds = new Map<string, ClosedEnd>();
  /** The bytes of a handshake on an open connection are counted by one side only. */
  private readonly upgraded = new WeakSet<Connection>();
  private readonly wrong: string[] = [];
  private readonly listeners: Listeners = {
    'rxjs-tcp:connection:open': ({ connection, server }) => this.opened(connection, server !== undefined),
    'rxjs-tcp:connection:close': ({ connection, server }) => this.closed(connection, server !== undefined),
    'rxjs-tcp:connection:held': () => void this.counts.held++,
    'rxjs-tcp:connection:pressure': () => void this.counts.pressure++,
    'rxjs-tcp:server:listening': () => void this.counts.listening++,
    'rxjs-tcp:server:close': () => void this.counts.stopped++,
    'rxjs-tcp:server:refused': () => void this.counts.refused++,
    'rxjs-tcp:server:failure': () => void this.counts.failed++,
    'tracing:rxjs-tcp:connect:start': (message) => this.begun(message, this.connects),
    'tracing:rxjs-tcp:connect:end': (message) => this.during(message, 'connect:end'),
    'tracing:rxjs-tcp:connect:error': (message) => this.during(message, 'connect:error'),
    'tracing:rxjs-tcp:connect:asyncStart': (message) => this.during(message, 'connect:asyncStart'),
    'tracing:rxjs-tcp:connect:asyncEnd': (message) => this.ended(message, this.connects),
    'tracing:rxjs-tcp:handshake:start': (message) => {
      if (message.connection !== undefined) this.upgraded.add(message.connection);
      this.begun(message, this.handshakes);
    },
    // A handshake may be over before the call that begins it.
    'tracing:rxjs-tcp:handshake:end': () => {},
    'tracing:rxjs-tcp:handshake:error': (message) => this.during(message, 'handshake:error'),
    'tracing:rxjs-tcp:handshake:asyncStart': (message) => this.during(message, 'handshake:asyncStart'),
    'tracing:rxjs-tcp:handshake:asyncEnd': (message) => this.ended(message, this.handshakes),
  };

  start(): void {
    for (const [name, listener] of Object.entries(this.listeners)) subscribe(name, listener as () => void);
  }

  stop(): void {
    for (const [name, listener] of Object.entries(this.listeners)) unsubscribe(name, listener as () => void);
  }

  /** What does not add up, once everything is closed. */
  get faults(): string[] {
    const { counts, connects, handshakes, open, running } = this;
    const differ = (what: string, one: number, other: number) =>
      one === other ? [] : [`${what}: ${one} and ${other} do not agree`];
    return [
      ...this.wrong,
      ...differ('connections opened and closed', counts.opened, counts.closed + open.size),
      ...differ('connections open and none', open.size, 0),
      ...differ('servers that listened and that stopped', counts.listening, counts.stopped),
      ...differ('dialings begun and ended', connects.begun, connects.ended),
      ...differ('handshakes begun and ended', handshakes.begun, handshakes.ended),
      ...differ('operations running and none', running.size, 0),
    ];
  }

  private opened(connection: Connection, isAccepted: boolean): void {
    this.counts.opened++;
    this.open.add(connection);
    const key = keyOf(connection, isAccepted);
    // The other end of an earlier connection with these ports was never made.
    if (this.closedEnds.get(key)?.isAccepted === isAccepted) this.closedEnds.delete(key);
  }

  private closed(connection: Connection, isAccepted: boolean): void {
    this.counts.closed++;
    if (!this.open.delete(connection)) this.wrong.push('a connection was closed twice, or was never open');
    if (connection.remotePort === undefined || this.upgraded.has(connection)) return;
    const key = keyOf(connection, isAccepted);
    const { bytesRead: read, bytesWritten: written } = connection.stats();
    const { sent, received } = (connection as unknown as WithFins).fins;
    const end = { isAccepted, read, written, inFull: sent && received };
    const other = this.closedEnds.get(key);
    if (other === undefined || other.isAccepted === isAccepted) {
      this.closedEnds.set(key, end);
      return;
    }
    this.closedEnds.delete(key);
    if (!end.inFull || !other.inFull) return;
    this.compared++;
    if (end.read !== other.written || end.written !== other.read) {
      this.wrong.push(`bytes of both ends: ${JSON.stringify([end, other])} do not agree`);
    }
  }

  private begun(message: ConnectMessage | HandshakeMessage, counts: { begun: number }): void {
    counts.begun++;
    this.running.add(message);
  }

  private during(message: ConnectMessage | HandshakeMessage, event: string): void {
    // The call of a dialing that fails at once returns after its end.
    if (!this.running.has(message) && event !== 'connect:end') this.wrong.push(`${event} of an operation that is over`);
  }

  private ended(message: ConnectMessage | HandshakeMessage, counts: { ended: number }): void {
    counts.ended++;
    if (!this.running.delete(message)) this.wrong.push('an operation has ended twice, or was never begun');
  }
}

/** What a connection knows of its FINs. It is no part of the public interface. */
interface WithFins {
  readonly fins: { readonly sent: boolean; readonly received: boolean };
}

/** The ports of the client and the server. */
function keyOf({ localPort, remotePort }: Connection, isAccepted: boolean): string {
  return isAccepted ? `${remotePort} ${localPort}` : `${localPort} ${remotePort}`;
}
