/**
 * The traffic of a connection in both directions:
 *
 *     arrives ── observe ──────────────────────► incoming: moments of chunks, FIN, reset
 *     writer ── observe ──► copies ── progress ──► written: moments of bytes, when the kernel has them
 */
import { asyncScheduler } from 'rxjs';
import type { Connection } from '../../connection/Connection';
import { showBytes } from '../showBytes';
import { drawDiagrams, type Instant } from './drawDiagrams';
import { lookOn } from './lookOn';
import type { MarbleChunk } from './marbleChunks';

/** Bytes or an end, in order. */
interface Said {
  readonly by: 'peer' | 'us';
  readonly chunks: Buffer[];
  readonly end?: '|' | '#';
}

/** The steps of a script for an end. */
const ENDS = { peer: { '|': 'fin()', '#': 'reset()' }, us: { '|': 'receivesFin()', '#': undefined } } as const;

/** The traffic of a connection as marbles with their values. It grows while the connection goes on. */
export class Recording {
  private readonly start = asyncScheduler.now();
  private readonly said: Said[] = [];
  private readonly arrived: Instant[] = [];
  private readonly sent: Instant[] = [];
  /** Copies of the bytes that were written and are not with the kernel yet, up to the limit. */
  private readonly queued: Buffer[] = [];
  private queuedBytes = 0;
  private recorded = 0;
  private broken: unknown;
  private cutOff = false;

  /** @internal `recordConnection` makes recordings. */
  constructor(
    connection: Connection,
    private readonly limit: number,
  ) {
    const { reader, writer } = connection;
    // Unread bytes came before the recording. A replay begins with them, at 0.
    if (reader.bufferedAmount > 0) this.add('peer', reader.peek(reader.bufferedAmount), 0);
    let { bytesWritten } = writer;
    // Bytes that wait already were written before the recording.
    let before = writer.bufferedAmount;
    writer.subscribe((chunk) => {
      const room = limit - this.recorded - this.queuedBytes;
      const kept = Buffer.from(chunk as string).subarray(0, Math.max(0, room));
      if (this.cutOff || kept.length === 0) return;
      this.queued.push(kept);
      this.queuedBytes += kept.length;
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
      onData: (chunk) => this.add('peer', chunk),
      onEnd: () => this.end('peer', '|'),
      onWritingEnded: () => this.end('us', '|'),
      onClosed: ({ by, error }) => {
        if (by === 'reset' || by === 'error') this.end('peer', '#');
        this.end('us', '#');
        this.broken = error;
      },
    });
  }

  /** The bytes that arrived: the `marbles` of a `marbleConnection`. */
  get incoming(): string {
    return drawDiagrams(this.arrived, this.sent).incoming;
  }

  /** The bytes that were written: the expectation for `written$` of a `marbleConnection`. */
  get written(): string {
    return drawDiagrams(this.arrived, this.sent).written;
  }

  /** The bytes of both directions, by letter. */
  get values(): Readonly<Record<string, MarbleChunk>> {
    return drawDiagrams(this.arrived, this.sent).values;
  }

  /** The error that broke the connection, or that was given to `destroy`. */
  get error(): unknown {
    return this.broken;
  }

  /** True if there were more than `limit` bytes: the bytes above it are missing. */
  get truncated(): boolean {
    return this.cutOff;
  }

  /** The code of a replay: `incoming`, `written` and `values`. */
  toString(): string {
    const { incoming, written, values } = drawDiagrams(this.arrived, this.sent);
    const legend = Object.entries(values).map(([letter, chunk]) => {
      const name = /^[a-z]$/i.test(letter) ? letter : `'${letter}'`;
      return `  ${name}: ${show(chunk)},\n`;
    });
    const lines = `const incoming = '${incoming}';\nconst written = '${written}';\n`;
    return `${this.head()}${lines}const values = {\n${legend.join('')}};\n`;
  }

  /**
   * The code of a `scriptedPeer` that sends the bytes of the peer, each time after it has received the bytes that the peer had
   * received. It has no pauses. Use it for code with promises, which virtual time does not wait for.
   */
  toScript(): string {
    const steps = this.said.flatMap(({ by, chunks, end }) => [
      chunks.length > 0 ? `${by === 'peer' ? 'sends' : 'receives'}(${showBytes(Buffer.concat(chunks))})` : undefined,
      end && ENDS[by][end],
    ]);
    const code = steps.flatMap((step) => (step === undefined ? [] : `\n  .${step}`)).join('');
    return `${this.head()}const peer = scriptedPeer()${code};\n`;
  }

  private head(): string {
    return this.cutOff ? `// Cut off after ${this.limit} bytes.\n` : '';
  }

  private add(by: Said['by'], bytes: Uint8Array, time = this.elapsed()): void {
    if (this.cutOff) return;
    const room = this.limit - this.recorded;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.recorded += kept.length;
    if (kept.length > 0) {
      this.at(time, by).chunks.push(kept);
      const last = this.said.at(-1);
      if (last?.by === by && last.end === undefined) last.chunks.push(kept);
      else this.said.push({ by, chunks: [kept] });
    }
    if (bytes.length > room) this.cutHere();
  }

  private end(by: Said['by'], end: '|' | '#'): void {
    // A direction that has ended may still break, but nobody can see that.
    const last = (by === 'peer' ? this.arrived : this.sent).at(-1);
    if (this.cutOff || last?.end !== undefined) return;
    this.at(this.elapsed(), by).end = end;
    this.said.push({ by, chunks: [], end });
  }

  /** The kernel has taken this many of the written bytes. */
  private taken(bytes: number): void {
    let left = bytes;
    while (left > 0 && this.queued.length > 0) {
      const chunk = this.queued[0] as Buffer;
      const part = chunk.subarray(0, left);
      if (part.length === chunk.length) this.queued.shift();
      else this.queued[0] = chunk.subarray(part.length);
      left -= part.length;
      this.queuedBytes -= part.length;
      this.add('us', part);
    }
    if (left > 0) this.cutHere();
  }

  private cutHere(): void {
    this.cutOff = true;
    this.queued.length = 0;
  }

  /** Milliseconds since the beginning. */
  private elapsed(): number {
    return Math.round(asyncScheduler.now() - this.start);
  }

  /** The instant of a direction. It is never before the last one: clocks may be set back. */
  private at(elapsed: number, by: Said['by']): Instant {
    const direction = by === 'peer' ? this.arrived : this.sent;
    const last = direction.at(-1);
    const time = Math.max(elapsed, last?.time ?? 0);
    if (last?.time === time) return last;
    const instant: Instant = { time, chunks: [] };
    direction.push(instant);
    return instant;
  }
}

function show(chunk: MarbleChunk): string {
  if (typeof chunk === 'string') return showBytes(Buffer.from(chunk));
  return chunk instanceof Uint8Array ? showBytes(chunk) : `[${chunk.map(show).join(', ')}]`;
}
