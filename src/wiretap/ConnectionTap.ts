/**
 * Makes the events of a connection from what its onlooker sees.
 *
 *     Connection, StreamWriter ── see ──► ConnectionTap ── events ──► the ring of a wiretap, a recording
 *                                           └ copies, cuts and redacts the bytes; asks the writer how much was sent
 */
import { isUint8Array } from 'node:util/types';
import { asyncScheduler } from 'rxjs';
import type { Connection } from '../connection/Connection';
import type { Onlooker, Sight } from '../observing/Onlooker';
import { ByteBlocks } from './ByteBlocks';
import type { WireEvent } from './WireEvent';
import { wireClock } from './wireClock';

/** The direction of bytes: they came from the peer, or were written. */
export type WireDirection = 'rx' | 'tx';

/** Returns the bytes to keep of those that came or went. */
export type Redact = (bytes: Buffer, direction: WireDirection) => Uint8Array;

/** An event without what each event has. */
type Detail = Omit<WireEvent, 'seq' | 'time' | 'connection' | 'kind'>;

const NO_DETAIL: Detail = {};

/** From so many bytes on a chunk of a socket is no slice of a larger block: keeping it keeps nothing else. */
const LARGE = 4096;

export class ConnectionTap implements Onlooker {
  private readonly clock = wireClock();
  private readonly blocks: ByteBlocks;
  private readonly leave: () => void;
  private seq = 0;
  /** How many bytes were with the kernel when that was last told. Those that wait when the tap begins are not its own. */
  private told: number;

  /**
   * @param number - The number of the connection.
   * @param capture - How many bytes of each event are kept. It may change.
   * @param copies - False: large chunks are kept as they are, since nobody changes them.
   * @param most - How many bytes the receiver keeps in all, if it does not keep everything.
   * @param onEvent - Gets the events, the first one inside of this call. It must not throw.
   */
  constructor(
    private readonly connection: Connection,
    private readonly number: number,
    public capture: number,
    private readonly redact: Redact | undefined,
    private readonly copies: boolean,
    most: number | undefined,
    private readonly onEvent: (event: WireEvent) => void,
  ) {
    this.blocks = new ByteBlocks(most);
    const { reader, writer } = connection;
    this.told = writer.position;
    const { local, remote } = connection.toJSON();
    this.tell('open', 0, {
      ...(local !== undefined && { local }),
      ...(remote !== undefined && { remote }),
      openedAt: asyncScheduler.now(),
    });
    this.leave = connection.lookOn(this);
    const { bufferedAmount } = reader;
    // Unread bytes came before the tap: for the program they are the first.
    if (bufferedAmount > 0) this.move('rx', 0, bufferedAmount, reader.peek(bufferedAmount));
    if (connection.ended !== undefined) this.see('close');
  }

  /** Looks no more. */
  stop(): void {
    this.leave();
  }

  see(sight: Sight, bytes?: number, data?: Uint8Array | string): void {
    const time = this.clock();
    const { bytesWritten } = this.connection.writer;
    if (bytesWritten > this.told) {
      this.count('sent', time, bytesWritten - this.told);
      this.told = bytesWritten;
    }
    if (sight === 'sent') return;
    if (sight === 'rx' || sight === 'tx') {
      this.move(sight, time, bytes as number, data as Uint8Array | string);
      return;
    }
    this.tell(sight, time, this.detail(sight, bytes));
    if (sight === 'close') this.stop();
  }

  private tell(kind: WireEvent['kind'], time: number, detail: Detail): void {
    this.onEvent({ seq: this.seq++, time, connection: this.number, kind, ...detail });
  }

  /** Bytes came or were written. Most events are these and `sent`, so they are made at once, without a detail that is copied. */
  private move(kind: WireDirection, time: number, bytes: number, from: Uint8Array | string): void {
    const data = this.keep(from, kind);
    if (data === undefined) this.count(kind, time, bytes);
    else this.onEvent({ seq: this.seq++, time, connection: this.number, kind, bytes, data });
  }

  private count(kind: WireEvent['kind'], time: number, bytes: number): void {
    this.onEvent({ seq: this.seq++, time, connection: this.number, kind, bytes });
  }

  private detail(sight: Sight, bytes: number | undefined): Detail {
    const { upgrade, ended } = this.connection;
    if (sight === 'reset') return { by: ended === undefined ? 'local' : 'peer' };
    if (sight === 'close' && ended !== undefined) {
      return { by: ended.by, ...(ended.error !== undefined && { error: messageOf(ended.error) }) };
    }
    if (sight === 'tls' && upgrade !== undefined) return { bytes: bytes as number, side: upgrade.side };
    return bytes === undefined ? NO_DETAIL : { bytes };
  }

  /** The bytes to keep: a copy of them, if somebody may change them. */
  private keep(data: Uint8Array | string, direction: WireDirection): Buffer | undefined {
    const { capture, redact } = this;
    if (capture === 0) return undefined;
    // A character takes a byte or more.
    const bytes = typeof data === 'string' ? Buffer.from(data.slice(0, capture + 1)) : data;
    const first = bytes.length > capture ? bytes.subarray(0, capture) : bytes;
    if (redact === undefined) {
      // A part would keep all of its chunk.
      if (!this.copies && first === data && first.length >= LARGE) return asBuffer(first);
      return this.blocks.copy(first);
    }
    try {
      const redacted: unknown = redact(Buffer.from(first), direction);
      return isUint8Array(redacted) ? this.blocks.copy(redacted.subarray(0, capture)) : undefined;
    } catch {
      // What can't be redacted is not kept: it may be the secret.
      return undefined;
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that has no text';
  }
}
