/**
 * What was said on a connection, from both sides:
 *
 *     arrives ── look on ──────────────────────► incoming: moments of chunks, FIN, reset
 *     writer ── wiretap ──► copies ── progress ──► written: moments of bytes, when the kernel has them
 *
 * What arrives within a millisecond is one marble, a list where it was several chunks, since marbles of one moment would
 * need more time than a moment has. What is written within one is one chunk, as it is with a `marbleConnection`.
 */
import { asyncScheduler } from 'rxjs';
import type { Connection } from '../Connection';
import { letterOf } from './letterOf';
import { lookOn } from './lookOn';
import type { MarbleChunk } from './marbleChunks';
import { marbleDiagram } from './marbleDiagram';
import { showBytes } from './showBytes';

/** The chunks of a direction in one millisecond, and its end: FIN or a break. */
interface Instant {
  readonly time: number;
  readonly chunks: Buffer[];
  end?: '|' | '#';
}

/** The traffic of a connection, as marbles with their legend. It grows while the connection goes on. */
export class Recording {
  private readonly start = asyncScheduler.now();
  private readonly arrived: Instant[] = [];
  private readonly sent: Instant[] = [];
  /** Copies of what was written and is not yet with the kernel. */
  private readonly queued: Buffer[] = [];
  private recorded = 0;
  private broken: unknown;
  private cutOff = false;

  /** @internal Recordings come from `recordConnection`. */
  constructor(
    connection: Connection,
    private readonly limit: number,
  ) {
    const { reader, writer } = connection;
    // What nobody has read yet came before, and is where a replay begins.
    if (reader.bufferedAmount > 0) this.add(this.arrived, reader.peek(reader.bufferedAmount));
    let { bytesWritten } = writer;
    // What waits already was written before.
    let before = writer.bufferedAmount;
    writer.subscribe((chunk) => {
      if (!this.cutOff) this.queued.push(Buffer.from(chunk as string));
    });
    writer.watch({
      pressure: () => {},
      progress: (written) => {
        const skipped = Math.min(before, written - bytesWritten);
        before -= skipped;
        this.taken(written - bytesWritten - skipped);
        bytesWritten = written;
      },
      gone: () => {},
    });
    lookOn(connection, {
      onData: (chunk) => this.add(this.arrived, chunk),
      onEnd: () => this.end(this.arrived, '|'),
      onWritingEnded: () => this.end(this.sent, '|'),
      onClosed: ({ by, error }) => {
        if (by === 'reset' || by === 'error') this.end(this.arrived, '#');
        this.end(this.sent, '#');
        this.broken = error;
      },
    });
  }

  /** What arrived: the `marbles` of a `marbleConnection`. */
  get incoming(): string {
    return this.read().incoming;
  }

  /** What was written: what `written$` of a `marbleConnection` may be expected to be. */
  get written(): string {
    return this.read().written;
  }

  /** The bytes of both, by their letters. */
  get values(): Readonly<Record<string, MarbleChunk>> {
    return this.read().values;
  }

  /** What broke the connection, or was given to `destroy`. */
  get error(): unknown {
    return this.broken;
  }

  /** True if there was more than `limit` bytes: what came then is missing. */
  get truncated(): boolean {
    return this.cutOff;
  }

  /** The code of a replay: `incoming`, `written` and `values`. */
  toString(): string {
    const { incoming, written, values } = this.read();
    const legend = Object.entries(values).map(([letter, chunk]) => {
      const name = /^[a-z]$/i.test(letter) ? letter : `'${letter}'`;
      return `  ${name}: ${Array.isArray(chunk) ? `[${chunk.map(show).join(', ')}]` : show(chunk as Buffer)},\n`;
    });
    return [
      ...(this.cutOff ? [`// Cut off after ${this.limit} bytes.\n`] : []),
      `const incoming = '${incoming}';\n`,
      `const written = '${written}';\n`,
      `const values = {\n${legend.join('')}};\n`,
    ].join('');
  }

  private add(direction: Instant[], bytes: Uint8Array): void {
    if (this.cutOff) return;
    const room = this.limit - this.recorded;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.recorded += kept.length;
    if (kept.length > 0) this.now(direction).chunks.push(kept);
    if (bytes.length > room) {
      this.cutOff = true;
      this.queued.length = 0;
    }
  }

  private end(direction: Instant[], how: '|' | '#'): void {
    if (this.cutOff || direction.at(-1)?.end === '#') return;
    // A direction that has ended may still break, but that is not seen any more.
    if (direction.at(-1)?.end === undefined) this.now(direction).end = how;
  }

  /** The kernel has so many bytes of what is queued. */
  private taken(bytes: number): void {
    let left = bytes;
    while (left > 0 && this.queued.length > 0) {
      const chunk = this.queued[0] as Buffer;
      const part = chunk.subarray(0, left);
      if (part.length === chunk.length) this.queued.shift();
      else this.queued[0] = chunk.subarray(part.length);
      left -= part.length;
      this.add(this.sent, part);
    }
  }

  private now(direction: Instant[]): Instant {
    const last = direction.at(-1);
    const time = Math.max(Math.round(asyncScheduler.now() - this.start), last?.time ?? 0);
    if (last?.time === time) return last;
    const instant: Instant = { time, chunks: [] };
    direction.push(instant);
    return instant;
  }

  private read(): { incoming: string; written: string; values: Record<string, MarbleChunk> } {
    const values: Record<string, MarbleChunk> = {};
    const letters = new Map<string, string>();
    const letter = (chunk: MarbleChunk) => {
      const key = Array.isArray(chunk) ? chunk.map(show).join(', ') : show(chunk as Buffer);
      let known = letters.get(key);
      if (known === undefined) {
        known = letterOf(letters.size);
        letters.set(key, known);
        values[known] = chunk;
      }
      return known;
    };
    const diagram = (direction: readonly Instant[], marble: (chunks: readonly Buffer[]) => MarbleChunk) =>
      marbleDiagram(
        direction.map(({ time, chunks, end = '' }) => ({
          time,
          marbles: `${chunks.length > 0 ? letter(marble(chunks)) : ''}${end}`,
        })),
      );
    const incoming = diagram(this.arrived, (chunks) => (chunks.length === 1 ? (chunks[0] as Buffer) : chunks));
    const written = diagram(this.sent, (chunks) => Buffer.concat(chunks));
    return { incoming, written, values };
  }
}

function show(bytes: Uint8Array | string): string {
  return showBytes(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
}
