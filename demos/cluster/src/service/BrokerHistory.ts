/**
 * The history in a stream of NATS JetStream: one stream, one subject for each room, one consumer for each worker and room.
 *
 * - **Each line once.** A line is published with its id as `Nats-Msg-Id`. Within `DUPLICATE_WINDOW` the broker stores an id once, and
 *   answers with the first number. So after a timeout, a cut, or a change of the worker, the same line is published again.
 * - **In order, without a gap.** A consumer numbers what it delivers. If a number is missing, or the consumer is gone (the broker was
 *   restarted), a new one begins behind the last line.
 */
import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node';
import { Observable, type Subscriber } from 'rxjs';
import type { Draft, History, Line } from './History';
import { pause } from './pause';
import { Slots } from './Slots';

const STREAM = 'CHAT';
/** How long the broker remembers ids, in milliseconds. */
const DUPLICATE_WINDOW = 10 * 60_000;
/** How long an append waits for the broker, in milliseconds. Then the caller tries again. */
const APPEND_TIMEOUT = 4_000;
/** How many appends, and how many questions of members that were away for long, may be with the broker at once. */
const APPENDS = 100;
const PAGES = 10;
/** The broker drops a consumer that nobody has asked for so long, in milliseconds. */
const INACTIVE = 30_000;
const AGAIN = 200;

export class BrokerHistory implements History {
  private readonly appends = new Slots(APPENDS);
  private readonly pages = new Slots(PAGES);

  private constructor(
    private readonly nats: NatsConnection,
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
  ) {}

  /** @param url - `nats://127.0.0.1:4222`. Waits until the broker is there. */
  static async connect(url: string, name: string): Promise<BrokerHistory> {
    const nats = await connect({
      servers: url,
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: AGAIN,
      waitOnFirstConnect: true,
    });
    const manager = await jetstreamManager(nats);
    await manager.streams.add({
      name: STREAM,
      subjects: ['chat.*'],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      allow_direct: true,
      duplicate_window: nanos(DUPLICATE_WINDOW),
    });
    return new BrokerHistory(nats, jetstream(nats), manager);
  }

  async append(room: string, draft: Draft): Promise<number> {
    // Ids are the members' own: two rooms may have the same.
    const options = { msgID: `${room}.${draft.id}`, timeout: APPEND_TIMEOUT };
    const subject = subjectOf(room);
    const { seq } = await this.appends.run(() => this.client.publish(subject, JSON.stringify(draft), options));
    return seq;
  }

  follow(room: string, after: number): Observable<Line> {
    return new Observable((subscriber) => void this.feed(subscriber, room, after));
  }

  async newest(): Promise<number> {
    return (await this.manager.streams.info(STREAM)).state.last_seq;
  }

  /** One question for each line, and no consumer: only who was away for long needs it. */
  page(room: string, after: number, upTo: number, most: number): Promise<readonly Line[]> {
    return this.pages.run(() => this.pageNow(room, after, upTo, most));
  }

  private async pageNow(room: string, after: number, upTo: number, most: number): Promise<readonly Line[]> {
    const lines: Line[] = [];
    for (let seq = after + 1; lines.length < most && seq <= upTo; seq++) {
      const found = await this.manager.direct.getMessage(STREAM, { seq, next_by_subj: subjectOf(room) });
      if (found === null || found.seq > upTo) break;
      lines.push({ ...found.json<Draft>(), seq: found.seq });
      seq = found.seq;
    }
    return lines;
  }

  async close(): Promise<void> {
    await this.nats.drain();
  }

  /** Lasts until the subscriber leaves. */
  private async feed(subscriber: Subscriber<Line>, room: string, after: number): Promise<void> {
    let last = after;
    while (!subscriber.closed && !this.nats.isClosed()) {
      try {
        last = await this.consume(subscriber, room, last, (seq) => {
          last = seq;
        });
      } catch {
        // The broker is away, or has forgotten the consumer.
      }
      if (!subscriber.closed) await pause(AGAIN);
    }
  }

  /** One consumer, from its start to its end. */
  private async consume(
    subscriber: Subscriber<Line>,
    room: string,
    after: number,
    progress: (seq: number) => void,
  ): Promise<number> {
    const consumer = await this.consumer(room, after);
    const messages = await consumer.consume({
      max_messages: 500,
      idle_heartbeat: 5_000,
      abort_on_missing_resource: true,
    });
    const stop = () => void messages.close();
    subscriber.add(stop);
    let last = after;
    let delivered = 0;
    try {
      for await (const message of messages) {
        if (message.info.deliverySequence !== ++delivered) break;
        last = message.seq;
        progress(last);
        subscriber.next(lineOf(message));
      }
    } finally {
      subscriber.remove(stop);
      stop();
      // The broker would keep it for a while, and look at every line for it.
      if (!this.nats.isClosed()) consumer.delete().catch(() => {});
    }
    return last;
  }

  private async consumer(room: string, after: number): Promise<Consumer> {
    const info = await this.manager.consumers.add(STREAM, {
      filter_subject: subjectOf(room),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
      // The numbers show what is missing.
      ack_policy: AckPolicy.None,
      mem_storage: true,
      inactive_threshold: nanos(INACTIVE),
    });
    return this.client.consumers.getConsumerFromInfo(info);
  }
}

function subjectOf(room: string): string {
  return `chat.${room}`;
}

function lineOf(message: JsMsg): Line {
  return { ...message.json<Draft>(), seq: message.seq };
}
