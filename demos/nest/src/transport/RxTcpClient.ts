import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import {
  ClientProxy,
  type IncomingResponse,
  type ProducerDeserializer,
  type ProducerSerializer,
  type ReadPacket,
  type WritePacket,
} from '@nestjs/microservices';
import { type Connection, type ConnectOptions, openConnection } from 'rxjs-tcp';
import { ClientLink } from './ClientLink.js';
import { codecOf, type FramingOptions } from './framing.js';

export type RxTcpClientEvents = {
  connect: () => void;
  error: (error: unknown) => void;
  close: () => void;
};

/** Where to connect to, as for `openConnection` of rxjs-tcp (`port`, `path`, `tls`, `connectTimeout`…), and how to ask. */
export interface RxTcpClientOptions extends ConnectOptions, FramingOptions {
  /** Milliseconds from a request to the end of its answer. Default 0: no limit; use RxJS's `timeout`. */
  readonly requestTimeout?: number | undefined;
  /** How many requests may be under way at once; further ones wait. Default 250. */
  readonly maxInFlight?: number | undefined;
  /** How many requests may wait. Default 10,000. */
  readonly maxWaiting?: number | undefined;
  /** How many milliseconds `close` waits for the requests under way. Default 5000; 0 waits for ever. */
  readonly closeTimeout?: number | undefined;
  readonly serializer?: ProducerSerializer | undefined;
  readonly deserializer?: ProducerDeserializer | undefined;
}

/** The client's side: `ClientsModule.register([{ name: 'MATH', customClass: RxTcpClient, options: { port: 3000 } }])`. */
export class RxTcpClient extends ClientProxy<RxTcpClientEvents> {
  private readonly logger = new Logger(RxTcpClient.name);
  private readonly events = new EventEmitter();
  private connecting: Promise<ClientLink> | undefined;
  private link: ClientLink | undefined;

  constructor(private readonly options: RxTcpClientOptions = {}) {
    super();
    const { serializer, deserializer } = options;
    this.initializeSerializer({ serializer });
    this.initializeDeserializer({ deserializer });
    // The client logs it; without a listener an emitter would throw it.
    this.events.on('error', () => {});
  }

  /** Connects, unless it is connected. A client whose connection has ended connects again with its next request. */
  async connect(): Promise<void> {
    this.connecting ??= this.open();
    await this.connecting;
  }

  /** Waits for the requests under way, at most `closeTimeout`, and closes the connection. */
  async close(): Promise<void> {
    const { connecting } = this;
    this.connecting = undefined;
    // A connection that can't be made needs no closing.
    const link = await connecting?.catch(() => undefined);
    await link?.close(this.options.closeTimeout);
  }

  override on<Event extends keyof RxTcpClientEvents>(event: Event, callback: RxTcpClientEvents[Event]): void {
    this.events.on(event, callback);
  }

  /** The connection of rxjs-tcp. */
  unwrap<T = Connection>(): T {
    if (this.link === undefined) throw new Error('Cannot unwrap the client: it is not connected; call connect first');
    return this.link.connection as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const { link } = this;
    if (link === undefined) {
      callback({ err: new Error('Cannot send the request: the client is not connected') });
      return () => {};
    }
    try {
      const request = this.assignPacketId(packet);
      return link.request(request.id, this.serializer.serialize(request), callback);
    } catch (err) {
      callback({ err });
      return () => {};
    }
  }

  protected async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const { link } = this;
    if (link === undefined) throw new Error('Cannot send the event: the client is not connected');
    const pattern = this.normalizePattern(packet.pattern);
    return (await link.send(this.serializer.serialize({ ...packet, pattern }))) as T;
  }

  private async open(): Promise<ClientLink> {
    const {
      framing,
      maxLength,
      requestTimeout,
      maxInFlight,
      maxWaiting,
      closeTimeout,
      serializer,
      deserializer,
      ...to
    } = this.options;
    let connection: Connection;
    try {
      connection = await openConnection({ ...(to.path === undefined ? { host: 'localhost', port: 3000 } : {}), ...to });
    } catch (error) {
      this.connecting = undefined;
      this._status$.next('disconnected');
      this.events.emit('error', error);
      throw error;
    }
    const link = new ClientLink(connection, {
      codec: codecOf({ framing, maxLength }),
      read: (raw) => this.deserializer.deserialize(raw) as IncomingResponse | Promise<IncomingResponse>,
      timeout: requestTimeout ?? 0,
      maxInFlight: maxInFlight ?? 250,
      maxQueued: maxWaiting,
    });
    this.link = link;
    this._status$.next('connected');
    this.events.emit('connect');
    void connection.closed.then(({ error }) => this.closed(link, error));
    return link;
  }

  private closed(link: ClientLink, error: unknown): void {
    if (error !== undefined) {
      this.logger.error(error);
      this.events.emit('error', error);
    }
    this.events.emit('close');
    // Another one may have taken its place.
    if (this.link !== link) return;
    this.link = undefined;
    this.connecting = undefined;
    this._status$.next('disconnected');
  }
}
