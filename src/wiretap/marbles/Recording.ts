/**
 * The traffic of a connection in both directions, from the events of its tap:
 *
 *     rx, fin-in, reset ─────────────────────────► incoming: moments of chunks, FIN, reset
 *     tx ──► queued ── sent ──────────────────────► written: moments of bytes, when the kernel has them
 *            └────────────────────────────────────► script: at once, before the answer of the peer
 *
 * The file is long because it keeps both orders of the same traffic, by time and by cause, and gives them as diagrams and as a script.
 */
import { showBytes } from '../../bytes/showBytes';
import type { MarbleChunk } from '../../testing/marbles/marbleChunks';
import type { WireEvent } from '../WireEvent';
import { drawDiagrams, type Instant } from './drawDiagrams';

/** A step of a conversation, in causal order: what we wrote comes before what arrived after that. */
export interface Step {
  readonly by: 'peer' | 'us';
  /** The bytes that were said; empty for the other steps. */
  readonly bytes: Buffer;
  /** What happened instead: the end of a side, or TLS, with our side of the handshake. */
  readonly what?: '|' | '#' | 'client' | 'server' | undefined;
}

interface Said extends Omit<Step, 'bytes'> {
  readonly chunks: Buffer[];
}

/** Written bytes that are not with the kernel yet: how many there are, and those that are known. */
interface Queued {
  bytes: number;
  data: Buffer;
}

const NOTHING = /* @__PURE__ */ Buffer.alloc(0);

/** The steps of a script for what is not bytes. */
const STEPS = {
  peer: { '|': 'fin()', '#': 'reset()', client: 'startTls()', server: "startTls({ side: 'client' })" },
  us: { '|': 'receivesFin()', '#': undefined, client: undefined, server: undefined },
} as const;

/** The traffic of a connection as marbles with their values. It grows while the connection goes on. */
export class Recording {
  private readonly said: Said[] = [];
  private readonly arrived: Instant[] = [];
  private readonly sent: Instant[] = [];
  /** @internal When we have begun a handshake, in milliseconds, and on which side. */
  readonly handshakes: { readonly at: number; readonly side: 'client' | 'server' }[] = [];
  /** The bytes that were written and are not with the kernel yet, up to the limit. */
  private readonly queued: Queued[] = [];
  /** How many bytes are kept, the queued ones too. */
  private kept = 0;
  private cutOff = false;
  private missing = false;
  private stopped = false;
  /** @internal Set by `recordConnection`: the error of the end. */
  broken: unknown;

  /**
   * @internal `recordConnection` makes recordings, and `toTest` of a wiretap.
   *
   * @param limit - How many bytes are kept.
   * @param unwatch - Called when nothing more is of interest.
   */
  constructor(
    private readonly limit: number,
    private readonly unwatch: () => void = () => {},
  ) {}

  /** @internal The recording of events that are there already. */
  static of(events: readonly WireEvent[]): Recording {
    const recording = new Recording(Number.POSITIVE_INFINITY);
    for (const event of events) recording.add(event);
    return recording;
  }

  /** @internal The next event. */
  add({ kind, time, bytes = 0, data, by, side }: WireEvent): void {
    if (this.stopped) return;
    const at = Math.round(time / 1000);
    if (kind === 'rx') this.arrive(at, bytes, data);
    else if (kind === 'tx') this.wrote(bytes, data);
    else if (kind === 'sent') this.taken(at, bytes);
    else if (kind === 'fin-in') this.end(at, 'peer', '|');
    else if (kind === 'fin-out') this.end(at, 'us', '|');
    else if (kind === 'gap') this.missing = true;
    else if (kind === 'tls') {
      this.dropLast(bytes);
      if (this.cutOff) return;
      this.said.push({ by: 'peer', chunks: [], what: side ?? 'client' });
      this.handshakes.push({ at, side: side ?? 'client' });
    } else if (kind === 'close') {
      if (by === 'reset' || by === 'error') this.end(at, 'peer', '#');
      this.end(at, 'us', '#');
    }
  }

  /**
   * Stops the recording, and takes everything off the connection that watches it. What is recorded stays. Written bytes that the
   * kernel does not have yet are left out. A second call does nothing.
   */
  stop(): void {
    this.stopped = true;
    this.unwatch();
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
    const steps = this.steps.flatMap(({ by, bytes, what }, i, all) => {
      if (what === undefined) return [`${by === 'peer' ? 'sends' : 'receives'}(${showBytes(bytes)})`];
      // A reset drops what waits to be sent: small writes leave at the end of the turn.
      const sending = what === '#' && all[i - 1]?.by === 'peer' && all[i - 1]?.what === undefined;
      return [...(sending ? ['wait(1)'] : []), STEPS[by][what]];
    });
    const lines = steps.map((step) => (step === undefined ? '' : `\n  .${step}`));
    return `${this.head()}const peer = scriptedPeer()${lines.join('')};\n`;
  }

  /** The code of a replay in causal order: {@link toScript}. */
  toString(): string {
    return this.toScript();
  }

  /** @internal The conversation, without what was written and never sent. */
  get steps(): readonly Step[] {
    const steps = this.said.map(({ by, chunks, what }) => ({ by, what, bytes: Buffer.concat(chunks) }));
    // What was never sent is the end of what was written.
    let unsent = this.queued.reduce((sum, { data }) => sum + data.length, 0);
    for (const step of steps.filter(({ by }) => by === 'us').reverse()) {
      const dropped = Math.min(unsent, step.bytes.length);
      step.bytes = step.bytes.subarray(0, step.bytes.length - dropped);
      unsent -= dropped;
    }
    return steps.filter(({ bytes, what }) => bytes.length > 0 || what !== undefined);
  }

  /** @internal True if bytes are missing, because they were dropped, cut or redacted. */
  get isIncomplete(): boolean {
    return this.missing;
  }

  private head(): string {
    return this.cutOff ? `// Cut off after ${this.limit} bytes.\n` : '';
  }

  /** Bytes from the peer. */
  private arrive(at: number, bytes: number, data: Uint8Array | undefined): void {
    const kept = this.keep(bytes, data);
    if (kept === undefined || kept.length === 0) return;
    this.at(at, 'peer').chunks.push(kept);
    this.say('peer', kept);
  }

  /** Bytes that were written, and wait for the kernel. */
  private wrote(bytes: number, data: Uint8Array | undefined): void {
    const kept = this.keep(bytes, data);
    if (kept === undefined) return;
    this.queued.push({ bytes, data: kept });
    this.say('us', kept);
  }

  /** The bytes, as far as there is room. When there is none, only the queued bytes are of interest. */
  private keep(bytes: number, data: Uint8Array = NOTHING): Buffer | undefined {
    if (this.cutOff) return undefined;
    const kept = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, this.limit - this.kept));
    this.kept += kept.length;
    if (this.kept >= this.limit && kept.length < bytes) {
      this.cutOff = true;
      if (this.queued.length === 0 && kept.length === 0) this.unwatch();
      return kept.length > 0 ? kept : undefined;
    }
    if (kept.length !== bytes) this.missing = true;
    return kept;
  }

  private say(by: Said['by'], bytes: Buffer): void {
    const last = this.said.at(-1);
    if (last?.by === by && last.what === undefined) last.chunks.push(bytes);
    else this.said.push({ by, chunks: [bytes] });
  }

  private end(at: number, by: Said['by'], end: '|' | '#'): void {
    // A direction that has ended may still break, but nobody can see that.
    const last = (by === 'peer' ? this.arrived : this.sent).at(-1);
    if (this.cutOff || last?.end !== undefined) return;
    this.at(at, by).end = end;
    this.said.push({ by, chunks: [], what: end });
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
  private taken(at: number, bytes: number): void {
    let left = bytes;
    while (left > 0 && this.queued.length > 0) {
      const first = this.queued[0] as Queued;
      const part = Math.min(left, first.bytes);
      // If not all bytes are known, the last part has those that are left.
      const data = part === first.bytes ? first.data : first.data.subarray(0, part);
      if (part === first.bytes) this.queued.shift();
      else this.queued[0] = { bytes: first.bytes - part, data: first.data.subarray(data.length) };
      left -= part;
      if (data.length > 0) this.at(at, 'us').chunks.push(data);
    }
    if (this.cutOff && this.queued.length === 0) this.unwatch();
  }

  /** The instant of a direction. It is never before the last one. */
  private at(time: number, by: Said['by']): Instant {
    const direction = by === 'peer' ? this.arrived : this.sent;
    const last = direction.at(-1);
    if (last !== undefined && last.time >= time) return last;
    const instant: Instant = { time, chunks: [] };
    direction.push(instant);
    return instant;
  }
}

function show(chunk: MarbleChunk): string {
  if (typeof chunk === 'string') return showBytes(Buffer.from(chunk));
  return chunk instanceof Uint8Array ? showBytes(chunk) : `[${chunk.map(show).join(', ')}]`;
}
