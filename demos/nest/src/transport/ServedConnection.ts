import {
  type MonoTypeOperatorFunction,
  map,
  Observable,
  type Observer,
  Subject,
  type Subscriber,
  type Subscription,
} from 'rxjs';
import { backpressure, type Codec, type Connection, type HandlerResult, replies } from 'rxjs-tcp';
import { type AnswerPacket, isStop, type StopPacket } from './packets.js';

/** The answer to a request. */
export interface Answer {
  readonly id: string;
  readonly packets$: Observable<AnswerPacket>;
}

/** What the packets of a client are handed to. */
export interface PacketHandler {
  /** Answers a request, or takes an event: then the promise is its end. */
  handle(packet: unknown, connection: Connection): Answer | Promise<unknown>;
  /** The bytes of an answer. */
  pack(answer: AnswerPacket): Uint8Array;
}

export interface ServingLimits {
  /** How many requests and events may be at work at once. */
  readonly concurrency: number;
  /** How many bytes of one answer may wait for a slow client. */
  readonly maxHeld: number;
}

/**
 * One client: its requests and events, up to `concurrency` at work at once.
 *
 *     serving ── finish() ──► finishing: what is at work may end ── nothing is at work ──► the connection is closed
 */
export class ServedConnection {
  /** Serves the client while it is subscribed to. */
  readonly served$: Observable<unknown>;
  /** The answers that can be stopped. */
  private readonly answering = new Map<string, Subscriber<Uint8Array>>();
  private readonly whenRoom: MonoTypeOperatorFunction<Uint8Array>;
  private atWork = 0;
  private finishing = false;

  constructor(
    private readonly connection: Connection,
    private readonly handler: PacketHandler,
    codec: Codec<unknown>,
    { concurrency, maxHeld }: ServingLimits,
  ) {
    // Each answer waits for itself, whatever the reader does.
    this.whenRoom = backpressure(connection.writer, { source: [], maxBuffered: maxHeld });
    const bytes = { decode: codec.decode.bind(codec), encode: (packed: Uint8Array) => packed };
    const served$ = replies<unknown, Uint8Array>(connection, bytes, (packet) => this.take(packet), {
      concurrency,
      inOrder: false,
    });
    this.served$ = new Observable((subscriber) => {
      subscriber.add(holdWhilePressed(connection));
      subscriber.add(served$.subscribe(subscriber));
    });
  }

  /** Ends it in good order: refuses new requests, and closes the connection once all others are answered. */
  finish(): void {
    this.finishing = true;
    this.lookIfDone();
  }

  private take(packet: unknown): HandlerResult<Uint8Array> {
    if (isStop(packet)) return this.stop(packet);
    if (this.finishing) return this.refuse(packet);
    const result = this.handler.handle(packet, this.connection);
    return 'packets$' in result ? this.answer(result) : this.follow(result);
  }

  private answer({ id, packets$ }: Answer): Observable<Uint8Array> {
    return new Observable<Uint8Array>((subscriber) => {
      this.atWork++;
      this.answering.set(id, subscriber);
      const done = () => {
        if (this.answering.get(id) === subscriber) this.answering.delete(id);
        this.leave();
      };
      subscriber.add(done);
      subscriber.add(packets$.pipe(map((packet) => this.handler.pack(packet))).subscribe(this.gated(subscriber)));
    });
  }

  /** Passes on while the writer has room. From the first packet that it has no room for, all wait in line. */
  private gated(subscriber: Subscriber<Uint8Array>): Observer<Uint8Array> {
    const { writer } = this.connection;
    let target: Observer<Uint8Array> = subscriber;
    return {
      next: (bytes) => {
        if (target === subscriber && writer.bufferedAmount >= ROOM) {
          const line = new Subject<Uint8Array>();
          target = line;
          subscriber.add(line.pipe(this.whenRoom).subscribe(subscriber));
        }
        target.next(bytes);
      },
      error: (error) => target.error(error),
      complete: () => target.complete(),
    };
  }

  /** The packet that says so frees the place of the request at its client. */
  private stop(packet: StopPacket): Uint8Array | undefined {
    const subscriber = this.answering.get(packet.id);
    // It has ended meanwhile.
    if (subscriber === undefined) return undefined;
    subscriber.complete();
    return this.handler.pack(packet);
  }

  private async follow(event: Promise<unknown>): Promise<undefined> {
    this.atWork++;
    try {
      await event;
    } finally {
      this.leave();
    }
  }

  private refuse(packet: unknown): Uint8Array | undefined {
    const id = (packet as { readonly id?: string } | null)?.id;
    if (id === undefined) return undefined;
    return this.handler.pack({ id, err: 'The server is closing', status: 'error', isDisposed: true });
  }

  private leave(): void {
    this.atWork--;
    this.lookIfDone();
  }

  private lookIfDone(): void {
    // After the last answer, which is written when this returns.
    if (this.finishing && this.atWork === 0) queueMicrotask(() => void this.connection.close());
  }
}

/** Below this many queued bytes a writer is never under pressure: its default low mark. */
const ROOM = 16 * 1024;

/** No more requests are taken while the answers have no room. The client reads meanwhile, so it is not for ever. */
function holdWhilePressed({ reader, writer }: Connection): Subscription {
  let release: (() => void) | undefined;
  const go = () => {
    release?.();
    release = undefined;
  };
  const pressure = writer.pressure$.subscribe({
    next: (on) => {
      if (on) release ??= reader.pause();
      else go();
    },
    error: go,
    complete: go,
  });
  pressure.add(go);
  return pressure;
}
