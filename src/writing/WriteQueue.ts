/**
 * The bytes that wait to be written. Small writes of one turn of the event loop leave as one. One batch at a time is with the
 * transport, so bytes that the kernel does not take wait here, where they are counted.
 *
 *     push ──► queued ── end of turn, or the last batch is done ──► in flight ── done ──► handed over
 *                         └────────── bufferedAmount ──────────────────────┘
 *
 * Pressure begins at the high-water mark, and is over when no more than the low mark waits.
 *
 * The file is long because what is queued, in flight and handed over has to add up after each of these steps.
 */
import { asyncScheduler } from 'rxjs';
import { joinChunks } from '../bytes/joinChunks';
import { eventLoop } from '../eventLoop';
import type { Transport } from '../transports/Transport';

/** The events of a queue for its writer. */
export interface WriteQueueEvents {
  /** Pressure has begun or is over. */
  onPressure(on: boolean): void;
  /** More bytes were handed to the kernel: `written` in all. */
  onWritten(written: number): void;
}

/** The largest batch: so the marks are seen in time, and an abort finds most of a large queue unsent. */
const MAX_BATCH = 256 * 1024;

/**
 * Under pressure, chunks of at most this many bytes are copied into blocks as they come. A chunk of one byte takes about 400
 * bytes of memory, and many would wait if you echo the bytes of a peer that does not read.
 *
 * `joinChunks`, which joins the chunks of a batch, can't do this: it knows all of them, and how long they are together. Here more
 * may come at any time, and the bytes that are copied may be sent at any time.
 */
const SMALL = 512;

/**
 * True while a queue tells what has changed. A source that is fed by its progress writes then, and if the kernel takes
 * everything, the end of the turn would never come: see {@link WriteQueue.flushLater}.
 */
let telling = false;

/** The one empty list, for idle connections. Never pushed to. */
const NONE: never[] = [];

/** The block that small chunks are copied to under pressure. */
interface Pile {
  readonly block: Buffer;
  /** How many bytes of the block are used. */
  used: number;
  /** The part of it that is the last chunk of the queue, and where that part begins. */
  filled: Buffer;
  filledFrom: number;
}

export class WriteQueue {
  private chunks: (Uint8Array | string)[] = NONE;
  private sizes: number[] = NONE;
  /** The index of the first chunk that was not sent. */
  private at = 0;
  private queued = 0;
  private inFlight = 0;
  private scheduled = false;
  private dropped = false;
  private finished: (() => void) | undefined;
  /** While suspended: how many of `chunks` may be sent, and the callback for when that is done. */
  private fence: number | undefined;
  private suspended: (() => void) | undefined;
  private pile: Pile | undefined;
  /** True from the high-water mark until the low one. */
  pressure = false;
  /** When the present pressure began, in milliseconds of RxJS's clock. */
  pressureSince: number | undefined;
  /** How many bytes were handed to the kernel, and of how many of them the writer was told. */
  written = 0;
  private told = 0;

  constructor(
    public transport: Transport,
    private readonly events: WriteQueueEvents,
    private readonly highWaterMark: number,
  ) {}

  /** How many bytes wait, also those with the transport. */
  get bufferedAmount(): number {
    return this.queued + this.inFlight;
  }

  push(chunk: Uint8Array | string, size: number): void {
    if (this.pressure && size <= SMALL) this.copySmall(chunk, size);
    else this.add(chunk, size);
    this.queued += size;
    if (!this.pressure && this.bufferedAmount >= this.highWaterMark) {
      // A large chunk by itself need not wait for the rest of the turn, which could only make the batch larger.
      // It is told at the end of the turn all the same: what is told may write more.
      if (this.bufferedAmount === size && this.transport.offer !== undefined) this.send();
      if (this.bufferedAmount >= this.highWaterMark) this.setPressure(true);
    }
    if (this.inFlight === 0 && (this.queued > 0 || this.told < this.written)) this.flushLater();
  }

  /** Calls back once the kernel has everything. Nothing may be pushed after it. */
  finish(done: () => void): void {
    this.finished = done;
    if (this.bufferedAmount === 0) this.conclude();
  }

  /** Sends what waits now, and keeps what is pushed later. Calls back once the kernel has the former. */
  suspend(done: () => void): void {
    this.fence = this.chunks.length;
    this.suspended = done;
    this.reachFence();
  }

  /** Goes on after {@link suspend}, with the same transport or another. */
  resume(transport: Transport): void {
    this.transport = transport;
    this.fence = undefined;
    this.flush();
  }

  /** Drops everything that waits. */
  drop(): void {
    this.dropped = true;
    this.chunks = NONE;
    this.sizes = NONE;
    this.at = 0;
    this.queued = 0;
    this.inFlight = 0;
    this.finished = undefined;
    if (this.pressure) this.setPressure(false);
  }

  private flushLater(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => this.flush();
    const waits = telling && eventLoop.turnIsLong() && this.transport.nextTurn?.(flush);
    if (!waits) this.transport.defer(flush);
  }

  private flush(): void {
    this.scheduled = false;
    if (this.dropped || this.inFlight > 0) return;
    this.send();
    this.tell();
  }

  /** Hands batches over until the transport keeps one, or nothing waits. It tells nobody yet. */
  private send(): void {
    while (!this.dropped && this.queued > 0 && this.at !== this.fence) {
      const batch = this.nextBatch();
      const { transport } = this;
      this.queued -= this.inFlight;
      const done = () => this.done();
      const { offer } = transport;
      if (offer === undefined) {
        transport.write(batch, done);
        return;
      }
      if (!offer.call(transport, batch, done)) return;
      this.count();
    }
  }

  private done(): void {
    if (this.dropped) return;
    this.count();
    this.send();
    this.tell();
  }

  /** The batch is with the kernel. */
  private count(): void {
    this.written += this.inFlight;
    this.inFlight = 0;
  }

  /** Tells what has changed since it was told last. */
  private tell(): void {
    const outer = telling;
    telling = true;
    try {
      this.tellAll();
    } finally {
      telling = outer;
    }
  }

  private tellAll(): void {
    if (this.pressure && this.bufferedAmount <= this.highWaterMark / 4) this.setPressure(false);
    if (this.told < this.written) {
      this.told = this.written;
      this.events.onWritten(this.written);
    }
    this.reachFence();
    if (this.bufferedAmount === 0) this.conclude();
  }

  private add(chunk: Uint8Array | string, size: number): void {
    if (this.chunks === NONE) {
      this.chunks = [chunk];
      this.sizes = [size];
    } else {
      this.chunks.push(chunk);
      this.sizes.push(size);
    }
  }

  private reachFence(): void {
    if (this.at !== this.fence || this.inFlight > 0) return;
    const { suspended } = this;
    this.suspended = undefined;
    suspended?.();
  }

  private conclude(): void {
    if (this.fence !== undefined) return;
    const finished = this.finished;
    this.finished = undefined;
    finished?.();
  }

  /** Copies a small chunk into the block. It extends the last chunk if that was copied too and may be sent together with it. */
  private copySmall(chunk: Uint8Array | string, size: number): void {
    let { pile } = this;
    if (pile === undefined || pile.used + size > pile.block.length) {
      const block = Buffer.allocUnsafeSlow(MAX_BATCH);
      pile = this.pile = { block, used: 0, filled: block, filledFrom: 0 };
    }
    const { block, used } = pile;
    const last = this.chunks.length - 1;
    if (last < this.at || last < (this.fence ?? 0) || this.chunks[last] !== pile.filled) {
      pile.filledFrom = used;
      this.add('', 0);
    }
    if (typeof chunk === 'string') block.write(chunk, used);
    else block.set(chunk, used);
    pile.used = used + size;
    pile.filled = block.subarray(pile.filledFrom, pile.used);
    this.chunks[this.chunks.length - 1] = pile.filled;
    this.sizes[this.sizes.length - 1] = pile.filled.length;
  }

  private setPressure(on: boolean): void {
    this.pressure = on;
    this.pressureSince = on ? asyncScheduler.now() : undefined;
    if (!on) this.pile = undefined;
    this.events.onPressure(on);
  }

  /** Takes chunks off the queue, and of a too large one a part. Counts them as in flight. */
  private nextBatch(): Uint8Array[] {
    const start = this.at;
    let bytes = 0;
    const end = this.fence ?? this.chunks.length;
    while (this.at < end && bytes + (this.sizes[this.at] as number) <= MAX_BATCH) {
      bytes += this.sizes[this.at++] as number;
    }
    if (bytes === 0) return [this.cutLarge()];
    this.inFlight = bytes;
    const all = start === 0 && this.at === this.chunks.length;
    const chunks = all ? this.chunks : this.chunks.slice(start, this.at);
    const sizes = all ? this.sizes : this.sizes.slice(start, this.at);
    if (this.at * 2 >= this.chunks.length) this.forgetSent();
    // Their places go later; the bytes are no longer ours.
    else this.chunks.fill('', start, this.at);
    return joinChunks(chunks, sizes);
  }

  private cutLarge(): Uint8Array {
    const large = this.chunks[this.at] as Uint8Array | string;
    const bytes = typeof large === 'string' ? Buffer.from(large) : large;
    this.inFlight = MAX_BATCH;
    this.chunks[this.at] = bytes.subarray(MAX_BATCH);
    this.sizes[this.at] = bytes.length - MAX_BATCH;
    return bytes.subarray(0, MAX_BATCH);
  }

  /** Moves the rest to the front when the sent part is as long as the rest: a queue that never runs empty must not grow. */
  private forgetSent(): void {
    if (this.fence !== undefined) this.fence -= this.at;
    const all = this.at === this.chunks.length;
    this.chunks = all ? NONE : this.chunks.slice(this.at);
    this.sizes = all ? NONE : this.sizes.slice(this.at);
    this.at = 0;
  }
}
