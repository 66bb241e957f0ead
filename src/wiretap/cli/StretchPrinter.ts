/**
 * Prints marble diagrams of several connections as they go, one block for each stretch of a connection, so that they are never mixed:
 *
 *     #1 127.0.0.1:52514 → 127.0.0.1:6379
 *
 *           0.412 ms  client  a---|
 *                     server  --b--|
 *       a  client     14 bytes  '*1\r\n$4\r\nPING\r\n'
 *       b  server      7 bytes  '+PONG\r\n'
 *
 * A stretch ends with a pause of the connection, with its end, or when a block is full. Of a stretch with more chunks than people read,
 * the first are shown and the rest is counted.
 */
import { showSize } from '../../observing/showSize';
import { escapeText } from '../print/escapeText';
import { type MarbleLabels, printMarbles } from '../print/printMarbles';
import type { NamedConnection } from '../Taps';
import type { WireEvent } from '../WireEvent';

/** How many chunks a block shows. */
const MOST = 52;

interface Stretch {
  readonly name: string;
  readonly labels: MarbleLabels;
  readonly events: WireEvent[];
  chunks: number;
  readonly more: { chunks: number; rx: number; tx: number };
  /** Whether something came since the last `tick`. */
  fresh: boolean;
}

export class StretchPrinter {
  private readonly stretches = new Map<number, Stretch>();

  /** @param print - Gets a whole block. */
  constructor(private readonly print: (block: string) => void) {}

  /** @param show - The frames of an event, if frames are cut. */
  event(event: WireEvent, connection: NamedConnection, show?: (event: WireEvent) => string | undefined): void {
    let stretch = this.stretches.get(connection.id);
    if (stretch === undefined) {
      stretch = begin(connection, show);
      this.stretches.set(connection.id, stretch);
    }
    stretch.fresh = true;
    const { kind, bytes = 0 } = event;
    if (kind === 'rx' || kind === 'tx') {
      if (stretch.chunks++ >= MOST) {
        stretch.more.chunks++;
        stretch.more[kind] += bytes;
        return;
      }
    }
    if (kind !== 'open' && kind !== 'sent') stretch.events.push(event);
    if (kind === 'open') this.print(`${stretch.name}  opened\n\n`);
    if (kind === 'close') this.flush(connection.id, stretch);
  }

  /** Prints the stretches of connections that have been quiet since the last call. Call it ten times a second. */
  tick(): void {
    for (const [id, stretch] of this.stretches) {
      if (!stretch.fresh || stretch.more.chunks > 0) this.flush(id, stretch);
      else stretch.fresh = false;
    }
  }

  /** Prints everything. */
  finish(): void {
    for (const [id, stretch] of this.stretches) this.flush(id, stretch);
  }

  private flush(id: number, { name, labels, events, more }: Stretch): void {
    this.stretches.delete(id);
    if (events.length === 0) return;
    const [rx, tx] = [showSize(more.rx), showSize(more.tx)];
    const rest =
      more.chunks === 0
        ? ''
        : `  and ${more.chunks} more chunks: ${labels.rx.trim()} ${rx}, ${labels.tx.trim()} ${tx}\n`;
    const end = events.at(-1);
    const ended =
      end?.kind === 'close'
        ? `  closed by ${end.by}${end.error === undefined ? '' : `: ${escapeText(end.error)}`}\n`
        : '';
    this.print(`${name}\n${printMarbles(events, labels)}${rest}${ended}\n`);
  }
}

function begin(connection: NamedConnection, show: MarbleLabels['show']): Stretch {
  const { id, client, target, side = 'client' } = connection;
  const [tx, rx] = side === 'client' ? ['client', 'server'] : ['server', 'client'];
  return {
    name: `#${id} ${escapeText(`${client} → ${target}`)}`,
    labels: { rx, tx, first: side === 'client' ? 'tx' : 'rx', show },
    events: [],
    chunks: 0,
    more: { chunks: 0, rx: 0, tx: 0 },
    fresh: true,
  };
}
