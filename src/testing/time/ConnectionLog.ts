/**
 * The state of each connection of a run, for the message of a test that hangs: FIN, unread and queued bytes, the active read and the holds, each
 * with the line that began it.
 *
 * It wraps the reads of these connections only. All other connections pay nothing for it.
 */
import { Connection } from '../../connection/Connection';
import type { Read } from '../../reading/Read';
import { Site } from '../Site';

interface Watched {
  readonly connection: Connection;
  readonly name: string | undefined;
  readonly made: Site;
  reading?: { readonly read: Read<unknown>; readonly at: Site };
  /** The lines that took the holds. Of several holds, the log can't tell which one was released. */
  holds: Site[];
  held: number;
}

/** How many connections the message has: the last ones. */
const SHOWN = 6;

/** Ends that only carry bytes between two others, as those of `faults`. The message leaves them out. */
const relays = new WeakSet<Connection>();

export class ConnectionLog {
  private readonly watched: Watched[] = [];

  /** @param names - Of connections that have one. */
  constructor(private readonly names: ReadonlyMap<Connection, string> = new Map()) {}

  /** These are not told. */
  static leaveOut(...connections: readonly Connection[]): void {
    for (const connection of connections) relays.add(connection);
  }

  /** Watches all connections that are made from now on. */
  start(): () => void {
    const { made } = Connection.watch;
    Connection.watch.made = (connection) => this.watch(connection);
    return () => {
      Connection.watch.made = made;
    };
  }

  /** A line for each connection that is not closed. */
  get lines(): string[] {
    const open = this.watched.filter(({ connection }) => connection.ended === undefined && !relays.has(connection));
    const left = open.length - SHOWN;
    const lines = open.slice(-SHOWN).map((watched) => this.describe(watched));
    return left > 0 ? [`… ${left} connections that were made before`, ...lines] : lines;
  }

  private watch(connection: Connection): void {
    const watched: Watched = { connection, name: undefined, made: new Site(), holds: [], held: 0 };
    this.watched.push(watched);
    const { input } = connection.reader;
    const { begin, hold, release } = input;
    input.begin = (read) => {
      if (!input.reading) watched.reading = { read: read as Read<unknown>, at: new Site() };
      begin.call(input, read as Read<unknown>);
    };
    input.hold = () => {
      watched.holds.push(new Site());
      watched.held++;
      hold.call(input);
    };
    input.release = () => {
      watched.held--;
      if (watched.held === 0) watched.holds = [];
      release.call(input);
    };
  }

  private describe({ connection, made, reading, holds, held }: Watched): string {
    const { reader, writer } = connection;
    const { sent, received } = connection.fins;
    const name = this.names.get(connection) ?? `the connection made ${made.place ?? 'by the kit'}`;
    const parts = [
      sent ? 'has sent FIN' : writer.whyOver() !== undefined ? 'has ended its side, FIN waits' : 'has not sent FIN',
      received ? 'has received FIN' : 'has received no FIN',
      `${reader.bufferedAmount} bytes unread`,
      `${writer.bufferedAmount} bytes queued`,
    ];
    if (reading !== undefined && reader.input.reading) parts.push(`read by ${who(reading.at)}`);
    if (held > 0) parts.push(`held by ${held < holds.length ? 'one of ' : ''}${holds.map(who).join(' and ')}`);
    return `${name}: ${parts.join(', ')}`;
  }
}

/** Which call of ours, and from which line of the program. */
function who({ call, place }: Site): string {
  if (place === undefined) return 'the Observable that the test returned or expects';
  return `${call === undefined ? 'a subscription' : `${call}()`} ${place}`;
}
