import type { IncomingResponse, WritePacket } from '@nestjs/microservices';
import { type Codec, type Connection, mapped, type Requests, requests } from 'rxjs-tcp';
import type { StopPacket } from './packets.js';

export interface ClientLinkOptions {
  readonly codec: Codec<unknown>;
  /** Makes a packet of what has arrived. */
  readonly read: (raw: unknown) => IncomingResponse | Promise<IncomingResponse>;
  readonly timeout: number;
  readonly maxInFlight: number | undefined;
  readonly maxQueued: number | undefined;
}

/** A packet on its way. */
interface Outgoing {
  readonly id: string | undefined;
  readonly packet: unknown;
  /** `'stopped'`: nobody wants the answer, so it is not sent any more. */
  state: 'waiting' | 'sent' | 'stopped';
}

/**
 * The requests of one connection. A request is under way until the last packet of its answer, which is the reply that `requests`
 * resolves with. Those before it come as frames that nobody asked for, in order and at once, and find their request by its id.
 */
export class ClientLink {
  private readonly calls: Requests<Outgoing, IncomingResponse>;
  private readonly callbacks = new Map<string, (packet: WritePacket) => void>();

  constructor(
    readonly connection: Connection,
    private readonly options: ClientLinkOptions,
  ) {
    const { codec, timeout, maxInFlight, maxQueued } = options;
    const packets = mapped(codec, { decode: (raw) => this.read(raw), encode: (outgoing: Outgoing) => send(outgoing) });
    this.calls = requests<Outgoing, IncomingResponse>(connection, packets, {
      key: { request: ({ id }) => id, reply: (packet) => (isLast(packet) ? packet.id : undefined) },
      timeout,
      maxInFlight,
      maxQueued,
    });
    this.calls.unsolicited$.subscribe(({ id, response }) => this.callbacks.get(id)?.({ response }));
  }

  /** Sends a request. The function that it returns stops it. */
  request(id: string, packet: unknown, callback: (packet: WritePacket) => void): () => void {
    const outgoing: Outgoing = { id, packet, state: 'waiting' };
    this.callbacks.set(id, callback);
    this.calls.request(outgoing).then(
      ({ err, response }) => this.end(id, { err, response, isDisposed: true }),
      (err: unknown) => this.end(id, { err }),
    );
    return () => {
      // It has ended.
      if (!this.callbacks.delete(id)) return;
      if (outgoing.state === 'sent') this.stop(id);
      outgoing.state = 'stopped';
    };
  }

  send(packet: unknown): Promise<void> {
    return this.calls.send({ id: undefined, packet, state: 'waiting' });
  }

  close(timeout: number | undefined): Promise<void> {
    return this.calls.close({ timeout });
  }

  private end(id: string, packet: WritePacket): void {
    const callback = this.callbacks.get(id);
    this.callbacks.delete(id);
    callback?.(packet);
  }

  /** Straight to the writer: the requests that wait may wait for the one that ends here. */
  private stop(id: string): void {
    const packet: StopPacket = { id, isDisposed: true };
    const { writer } = this.connection;
    // The end of the connection stops it too.
    if (!writer.closed) writer.next(this.options.codec.encode(packet));
  }

  private read(raw: unknown): IncomingResponse {
    const packet = this.options.read(raw);
    if (packet instanceof Promise) {
      throw new TypeError('Cannot read a packet: the deserializer is asynchronous');
    }
    return packet;
  }
}

/** Called by `requests` when the packet is written. */
function send(outgoing: Outgoing): unknown {
  if (outgoing.state === 'stopped') throw new Error('Cannot send the request: it was stopped');
  outgoing.state = 'sent';
  return outgoing.packet;
}

function isLast({ isDisposed, err }: IncomingResponse): boolean {
  return isDisposed === true || Boolean(err);
}
