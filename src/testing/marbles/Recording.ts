/**
 * The traffic of a connection in both directions:
 *
 *     arrives ── observe ──────────────────────► incoming: moments of chunks, FIN, reset
 *     writer ── observe ──► copies ── progress ──► written: moments of bytes, when the kernel has them
 *                             └──────────────────► script: at once, before the answer of the peer
 */
import { asyncScheduler } from 'rxjs';
import type { Connection } from '../../connection/Connection';
import { showBytes } from '../showBytes';
import { drawDiagrams, type Instant } from './drawDiagrams';
import { lookOn } from './lookOn';
import type { MarbleChunk } from './marbleChunks';

/** Bytes, or a step of a script, in causal order: what we wrote comes before what arrived after that. */
interface Said {
  readonly by: 'peer' | 'us';
  readonly chunks: Buffer[];
  readonly step?: string | undefined;
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
  /** How many bytes are kept, the queued ones too. */
  private kept = 0;
  private broken: unknown;
  private cutOff = false;
  private stopped = false;
  /** Takes off what watches the connection. The writer's progress is still of interest for the queued bytes. */
  private readonly unwatch: () => void;
  private readonly unwatchProgress: () => void;

  /** @internal `recordConnection` makes recordings. */
  constructor(
    connection: Connection,
    private readonly limit: number,
  ) {
    const { reader, writer } = connection;
    let { bytesWritten } = writer;
    // Bytes that wait already were written before the recording.
    let before = writer.bufferedAmount;
    const watcher = {
      pressure: () => {},
      progress: (written: number) => {
        const skipped = Math.min(before, written - bytesWritten);
        before -= skipped;
        this.taken(written - bytesWritten - skipped);
        bytesWritten = written;
      },
      gone: () => {},
    };
    writer.watch(watcher);
    this.unwatchProgress = () => writer.unwatch(watcher);
    const tap = writer.subscribe((chunk) => this.wrote(chunk));
    const lookAway = lookOn(connection, {
      onData: (chunk) => this.arrive(chunk),
      onEnd: () => this.end('peer', '|'),
      onWritingEnded: () => this.end('us', '|'),
      onStartTls: (side, unread) => {
        this.dropLast(unread);
        this.said.push({
          by: 'peer',
          chunks: [],
          step: side === 'client' ? 'startTls()' : "startTls({ side: 'client' })",
        });
      },
      onClosed: ({ by, error }) => {
        if (by === 'reset' || by === 'error') this.end('peer', '#');
        this.end('us', '#');
        this.broken = error;
      },
    });
    this.unwatch = () => {
      tap.unsubscribe();
      lookAway();
    };
    // Unread bytes came before the recording. A replay begins with them, at 0.
    if (reader.bufferedAmount > 0) this.arrive(reader.peek(reader.bufferedAmount), 0);
  }

  /**
   * Stops the recording, and takes everything off the connection that watches it. What is recorded stays. Written bytes that the
   * kernel does not have yet are left out. A second call does nothing.
   */
  stop(): void {
    this.stopped = true;
    this.unwatch();
    this.unwatchProgress();
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

  /**
   * The code of a replay by marbles, with the times of the recording: `incoming`, `written` and `values`. The peer sends at its
   * time, whether or not your code has asked by then. A `startTls` of your code succeeds in the replay, and encrypts nothing.
   */
  toMarbles(): string {
    const { incoming, written, values } = drawDiagrams(this.arrived, this.sent);
    const legend = Object.entries(values).map(([letter, chunk]) => {
      const name = /^[a-z]$/i.test(letter) ? letter : `'${letter}'`;
      return `  ${name}: ${show(chunk)},\n`;
    });
    const lines = `const incoming = '${incoming}';\nconst written = '${written}';\n`;
    return `${this.head()}${lines}const values = {\n${legend.join('')}};\n`;
  }

  /**
   * The code of a `scriptedPeer` that sends the bytes of the peer, each time after it has received the bytes that were written
   * before they came. It has no times, so it is right for code of any speed.
   */
  toScript(): string {
    const said = this.said.map((entry) => ({ ...entry, bytes: Buffer.concat(entry.chunks) }));
    // What was never sent is the end of what was written.
    let unsent = this.queuedBytes;
    for (const entry of said.filter(({ by }) => by === 'us').reverse()) {
      const dropped = Math.min(unsent, entry.bytes.length);
      entry.bytes = entry.bytes.subarray(0, entry.bytes.length - dropped);
      unsent -= dropped;
    }
    const steps = said.flatMap(({ by, bytes, step }) => [
      bytes.length > 0 ? `${by === 'peer' ? 'sends' : 'receives'}(${showBytes(bytes)})` : undefined,
      step,
    ]);
    const code = steps.flatMap((step) => (step === undefined ? [] : `\n  .${step}`)).join('');
    return `${this.head()}const peer = scriptedPeer()${code};\n`;
  }

  /** The code of a replay in causal order: {@link toScript}. */
  toString(): string {
    return this.toScript();
  }

  private head(): string {
    return this.cutOff ? `// Cut off after ${this.limit} bytes.\n` : '';
  }

  /** Bytes from the peer. */
  private arrive(bytes: Uint8Array, time = this.elapsed()): void {
    const kept = this.keep(bytes);
    if (kept === undefined) return;
    this.at(time, 'peer').chunks.push(kept);
    this.say('peer', kept);
  }

  /** Bytes that were written, and wait for the kernel. */
  private wrote(chunk: Uint8Array | string): void {
    const kept = this.keep(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (kept === undefined) return;
    this.queued.push(kept);
    this.queuedBytes += kept.length;
    this.say('us', kept);
  }

  /** A copy of the bytes, as far as there is room. When there is none, nothing is watched any more. */
  private keep(bytes: Uint8Array): Buffer | undefined {
    if (this.cutOff || this.stopped) return undefined;
    const kept = Buffer.from(bytes.subarray(0, this.limit - this.kept));
    this.kept += kept.length;
    if (kept.length < bytes.length) {
      this.cutOff = true;
      this.unwatch();
      if (this.queued.length === 0 && kept.length === 0) this.unwatchProgress();
    }
    return kept.length > 0 ? kept : undefined;
  }

  private say(by: Said['by'], bytes: Buffer): void {
    const last = this.said.at(-1);
    if (last?.by === by && last.step === undefined) last.chunks.push(bytes);
    else this.said.push({ by, chunks: [bytes] });
  }

  private end(by: Said['by'], end: '|' | '#'): void {
    // A direction that has ended may still break, but nobody can see that.
    const last = (by === 'peer' ? this.arrived : this.sent).at(-1);
    if (this.cutOff || last?.end !== undefined) return;
    this.at(this.elapsed(), by).end = end;
    this.said.push({ by, chunks: [], step: ENDS[by][end] });
  }

  /** The newest bytes that arrived were no data. */
  private dropLast(bytes: number): void {
    for (const list of [this.arrived, this.said.filter(({ by }) => by === 'peer')]) {
      let left = bytes;
      for (const { chunks } of [...list].reverse()) {
        while (left > 0 && chunks.length > 0) {
          const chunk = chunks.pop() as Buffer;
          if (chunk.length > left) chunks.push(chunk.subarray(0, chunk.length - left));
          left -= Math.min(left, chunk.length);
        }
      }
    }
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
      this.at(this.elapsed(), 'us').chunks.push(part);
    }
    if (this.cutOff && this.queued.length === 0) this.unwatchProgress();
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
