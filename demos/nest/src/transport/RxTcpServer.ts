import { EventEmitter } from 'node:events';
import {
  type BaseRpcContext,
  type ConsumerDeserializer,
  type ConsumerSerializer,
  type CustomTransportStrategy,
  type IncomingRequest,
  Server,
} from '@nestjs/microservices';
import { finalize, type Observable, Observable as Rx } from 'rxjs';
import { type Codec, type Connection, type ListenOptions, startServer, type Server as TcpServer } from 'rxjs-tcp';
import { codecOf, type FramingOptions } from './framing.js';
import { type AnswerPacket, answersOf } from './packets.js';
import { RxTcpContext } from './RxTcpContext.js';
import { type Answer, type PacketHandler, ServedConnection, type ServingLimits } from './ServedConnection.js';

/** The transport's id, for handlers of this transport alone: `@MessagePattern('sum', RX_TCP)`. */
export const RX_TCP = Symbol('rxjs-tcp');

// Nest asks for a type and not an interface.
export type RxTcpServerEvents = {
  listening: () => void;
  connection: (connection: Connection) => void;
  error: (error: unknown) => void;
  close: () => void;
};

/** Where to listen, as for `startServer` of rxjs-tcp (`port`, `path`, `tls`, `maxConnections`…), and how to serve. */
export interface RxTcpServerOptions extends ListenOptions, FramingOptions {
  /**
   * How many requests and events of one connection may be at work at once; meanwhile it is not read. Keep it above the
   * `maxInFlight` of your clients: what stops a stream is read too. Default 256.
   */
  readonly concurrency?: number | undefined;
  /**
   * How many bytes of one answer may wait while its client reads too slowly. More of a stream ends the connection, since an
   * Observable can't be told to wait. Default: twice `maxLength`.
   */
  readonly maxHeld?: number | undefined;
  /** How many milliseconds `close` waits for what is at work. Default 5000; 0 waits for ever. */
  readonly closeTimeout?: number | undefined;
  readonly serializer?: ConsumerSerializer | undefined;
  readonly deserializer?: ConsumerDeserializer | undefined;
}

/** A transport for Nest's microservices: `createMicroservice(AppModule, { strategy: new RxTcpServer({ port: 3000 }) })`. */
export class RxTcpServer extends Server<RxTcpServerEvents> implements CustomTransportStrategy, PacketHandler {
  override readonly transportId = RX_TCP;
  private readonly events = new EventEmitter();
  private readonly codec: Codec<unknown>;
  private readonly limits: ServingLimits;
  private readonly clients = new Set<ServedConnection>();
  private server: TcpServer | undefined;

  constructor(private readonly options: RxTcpServerOptions) {
    super();
    const { serializer, deserializer, concurrency = 256, maxLength = 1024 * 1024, maxHeld = 2 * maxLength } = options;
    this.codec = codecOf(options);
    this.limits = { concurrency, maxHeld };
    this.initializeSerializer({ serializer });
    this.initializeDeserializer({ deserializer });
    // Nest logs it; without a listener an emitter would throw it.
    this.events.on('error', () => {});
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /**
   * Accepts no more connections, refuses new requests, and waits for those at work, at most `closeTimeout`. Then it closes the
   * connections.
   */
  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = server.close({ timeout: this.options.closeTimeout });
    for (const client of this.clients) client.finish();
    await closed;
  }

  on<Event extends keyof RxTcpServerEvents>(event: Event, callback: RxTcpServerEvents[Event]): void {
    this.events.on(event, callback);
  }

  /** The server of rxjs-tcp: its port, its counters, its connections. */
  unwrap<T = TcpServer>(): T {
    if (this.server === undefined) {
      throw new Error('Cannot unwrap the server: it does not listen yet; call listen or startAllMicroservices first');
    }
    return this.server as T;
  }

  /** Of a served connection. */
  handle(raw: unknown, connection: Connection): Answer | Promise<unknown> {
    const packet = this.deserializer.deserialize(raw) as IncomingRequest | Promise<IncomingRequest>;
    if (packet instanceof Promise) {
      throw new TypeError('Cannot read a packet: the deserializer is asynchronous; let the handler wait instead');
    }
    const pattern = this.getPatternAsString(packet.pattern);
    const context = new RxTcpContext([connection, pattern, packet.metadata]);
    if (packet.id === undefined) {
      return Promise.resolve(this.handleEvent(pattern, packet, context)).catch((error) => this.handleError(error));
    }
    return { id: packet.id, packets$: answersOf(this.results(pattern, packet, context), packet.id) };
  }

  /** Of a served connection. An answer that can't be packed becomes an error, so its client does not wait for ever. */
  pack(answer: AnswerPacket): Uint8Array {
    try {
      return this.codec.encode(this.serializer.serialize(answer as Parameters<ConsumerSerializer['serialize']>[0]));
    } catch (error) {
      this.handleError(error as string);
      return this.codec.encode({ id: answer.id, err: UNSENDABLE, isDisposed: true });
    }
  }

  private async start(): Promise<void> {
    const { framing, maxLength, concurrency, maxHeld, closeTimeout, serializer, deserializer, ...listen } =
      this.options;
    const { path, fd, server: given } = listen;
    const where = path ?? fd ?? given ?? listen.port;
    const place = where === undefined ? { host: 'localhost', port: 3000 } : {};
    try {
      this.server = await startServer((connection) => this.serve(connection), {
        frameTimeout: 30_000,
        ...place,
        ...listen,
      });
    } catch (error) {
      this._status$.next('disconnected');
      throw error;
    }
    this.server.errors.subscribe((error) => {
      this.handleError(error as unknown as string);
      this.events.emit('error', error);
    });
    void this.server.waitClosed().then(() => {
      this._status$.next('disconnected');
      this.events.emit('close');
    });
    this._status$.next('connected');
    this.events.emit('listening');
  }

  private serve(connection: Connection): Observable<unknown> {
    const client = new ServedConnection(connection, this, this.codec, this.limits);
    this.clients.add(client);
    this.events.emit('connection', connection);
    return client.served$.pipe(finalize(() => this.clients.delete(client)));
  }

  /** What the handler of a pattern answers, between Nest's hooks. */
  private results(pattern: string, { data }: IncomingRequest, context: BaseRpcContext): Observable<unknown> {
    return new Rx((subscriber) => {
      const handler = this.getHandlerByPattern(pattern);
      if (handler === null) {
        subscriber.error(NO_HANDLER);
        return;
      }
      this.onProcessingStartHook(RX_TCP, context, async () => {
        const end = () => this.onProcessingEndHook?.(RX_TCP, context);
        try {
          const values = this.transformToObservable(await handler(data, context));
          subscriber.add(values.pipe(finalize(end)).subscribe(subscriber));
        } catch (error) {
          end();
          this.handleError(error as string);
          subscriber.error(INTERNAL);
        }
      });
    });
  }
}

/** The words of Nest's own transports. */
const NO_HANDLER = 'There is no matching message handler defined in the remote service.';
const INTERNAL = { status: 'error', message: 'Internal server error' };
const UNSENDABLE = { status: 'error', message: 'The answer cannot be sent' };
