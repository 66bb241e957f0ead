import { assertCount, assertTimeout } from '../argumentChecks';
import { defaults } from '../defaults';
import type { FrameCodec } from './FrameCodec';
import type { FramedConnection } from './framed';
import { RepliesByKey, type ReplyKeys } from './RepliesByKey';
import { RepliesInOrder } from './RepliesInOrder';
import type { ReplyMatching } from './ReplyMatching';

/** Options of {@link requests}. */
export interface RequestsOptions<Request, Reply> {
  /** Where a request and its reply have their key. Without it replies come in the order of the requests. */
  readonly key?: ReplyKeys<Request, Reply> | undefined;
  /** Whether a frame is no reply, where replies come in order: a push that comes in between. By key, it is one without a key. */
  readonly isUnsolicited?: ((reply: Reply) => boolean) | undefined;
  /** Milliseconds from `request` to its reply, for all that say nothing else. Default 30,000; 0 is no limit. */
  readonly timeout?: number | undefined;
  /** How many requests may be sent that are not answered; the others wait. Default 1000. */
  readonly maxInFlight?: number | undefined;
  /** How many requests may wait to be sent. Default 10,000. */
  readonly maxQueued?: number | undefined;
  /**
   * A request that is sent when none was for `every` milliseconds. If it is not answered within `timeout` (or `every`, if that
   * is off), the connection is ended.
   */
  readonly heartbeat?:
    | {
        readonly every: number;
        /** Makes the request. */
        send(): Request;
      }
    | undefined;
  /**
   * Runs on each connection before the first request: a login, STARTTLS. It reads and writes frames itself. If it rejects, or
   * takes longer than `timeout`, the connection is ended.
   */
  readonly handshake?: ((frames: FramedConnection<Reply, Request>) => Promise<unknown>) | undefined;
}

/** The options of one client, checked. */
export class RequestPolicy<Request, Reply> {
  readonly timeout: number;
  readonly maxInFlight: number;
  readonly maxQueued: number;
  readonly heartbeat: RequestsOptions<Request, Reply>['heartbeat'];
  readonly handshake: RequestsOptions<Request, Reply>['handshake'];

  /** @throws `TypeError` or `RangeError` for invalid options. */
  constructor(
    readonly codec: FrameCodec<Reply, Request>,
    private readonly options: RequestsOptions<Request, Reply>,
  ) {
    const { key, isUnsolicited, timeout, maxInFlight, maxQueued, heartbeat, handshake } = options;
    if (typeof codec?.encode !== 'function' || typeof codec?.decode !== 'function') {
      throw new TypeError('Cannot make requests: the codec must have encode and decode');
    }
    assertTimeout('timeout', timeout);
    for (const [name, count] of Object.entries({ maxInFlight, maxQueued })) {
      if (count !== Number.POSITIVE_INFINITY) assertCount(name, count);
    }
    assertFunction('key.request', key === undefined ? undefined : (key?.request ?? null));
    assertFunction('key.reply', key === undefined ? undefined : (key?.reply ?? null));
    assertFunction('isUnsolicited', isUnsolicited);
    assertFunction('handshake', handshake);
    if (heartbeat !== undefined) {
      assertTimeout('heartbeat.every', heartbeat?.every ?? null);
      if (heartbeat.every === 0)
        throw new RangeError('Cannot use 0 as heartbeat.every: it must be at least 1 millisecond');
      assertFunction('heartbeat.send', heartbeat.send ?? null);
    }
    this.timeout = timeout ?? defaults.requestTimeout;
    this.maxInFlight = maxInFlight ?? defaults.maxInFlight;
    this.maxQueued = maxQueued ?? defaults.maxQueuedRequests;
    this.heartbeat = heartbeat;
    this.handshake = handshake;
  }

  /** For one connection. */
  matching(): ReplyMatching<Request, Reply> {
    const { key, isUnsolicited } = this.options;
    return key === undefined ? new RepliesInOrder(isUnsolicited) : new RepliesByKey(key);
  }
}

function assertFunction(name: string, given: unknown): void {
  if (given === undefined || typeof given === 'function') return;
  throw new TypeError(`Cannot use a value of type ${typeof given} as ${name}: it must be a function`);
}
