/**
 * The requests of one connection: sends them, and finds whose reply comes.
 *
 *     starting ── handshake done ──► open ── the connection ends, a reply is lost ──► over
 *         └─ it fails, or the connection ends ───────────────────────────────────────► over
 */
import { asyncScheduler, type Subscription } from 'rxjs';
import { ConnectionClosedError, ReaderBusyError, SocketTimeoutError } from '../errors';
import { Watchdog } from '../reading/Watchdog';
import type { WriterWatcher } from '../writing/WriterWatchers';
import type { Connection } from './Connection';
import { type FramedConnection, framed } from './framed';
import type { ReplyMatching } from './ReplyMatching';
import type { RequestCall } from './RequestCall';
import type { RequestPolicy } from './RequestPolicy';

/** What a link tells. */
export interface LinkOwner<Request, Reply> {
  /** There is room for requests. */
  pump(): void;
  answered(call: RequestCall<Request, Reply>, reply: Reply): void;
  /** A reply came whose request is forgotten. */
  lateReply(): void;
  /** A frame came that nobody asked for. */
  unsolicited(reply: Reply): void;
  beat(link: RequestLink<Request, Reply>): void;
  /** The link is over; the calls are those that were in line for a reply. */
  over(link: RequestLink<Request, Reply>, calls: RequestCall<Request, Reply>[], cause: unknown): void;
}

export class RequestLink<Request, Reply> implements WriterWatcher {
  /** How many requests wait for a reply. */
  inFlight = 0;
  /** True while a heartbeat is not answered. */
  beating = false;
  private state: 'starting' | 'open' | 'over' = 'starting';
  private readonly frames: FramedConnection<Reply, Request>;
  private readonly matching: ReplyMatching<Request, Reply>;
  private reading: Subscription | undefined;
  private silence: Watchdog | undefined;
  private handshakeTimer: Subscription | undefined;

  constructor(
    readonly connection: Connection,
    private readonly policy: RequestPolicy<Request, Reply>,
    private readonly owner: LinkOwner<Request, Reply>,
  ) {
    this.frames = framed(connection, policy.codec);
    this.matching = policy.matching();
  }

  /** True if a request can be sent now. */
  get ready(): boolean {
    const { writer } = this.connection;
    return (
      this.state === 'open' &&
      this.matching.size < this.policy.maxInFlight &&
      !writer.pressured &&
      writer.whyOver() === undefined
    );
  }

  begin(): void {
    const { connection, policy } = this;
    // Once it is open the reader tells, after what arrived: that may take several turns.
    connection.whenClosed(({ ended }) => this.state === 'starting' && this.over(ended?.error));
    if (this.closed) return;
    if (policy.handshake === undefined) {
      this.open();
      return;
    }
    const { timeout } = policy;
    if (timeout > 0) {
      const expire = () => this.end(new SocketTimeoutError('handshake', timeout));
      this.handshakeTimer = asyncScheduler.schedule(expire, timeout);
    }
    try {
      void Promise.resolve(policy.handshake(this.frames)).then(
        () => this.open(),
        (error) => this.handshakeFailed(error),
      );
    } catch (error) {
      this.handshakeFailed(error);
    }
  }

  /** Sends a request. What can't be encoded, or has no key of its own, fails alone. */
  send(call: RequestCall<Request, Reply>): void {
    const { matching, policy, connection } = this;
    const answered = call.kind !== 'send';
    try {
      const bytes = policy.codec.encode(call.value);
      // The codec has aborted it.
      if (call.settled) return;
      if (answered) matching.add(call);
      try {
        connection.writer.write(bytes);
      } catch (error) {
        if (answered) matching.undo(call);
        throw error;
      }
    } catch (error) {
      call.fail(error);
      return;
    }
    this.silence?.touch();
    if (!answered) {
      call.answer(undefined as Reply);
      return;
    }
    call.link = this;
    this.inFlight++;
  }

  /** A call has given up. Returns whether it stays in line for its reply. */
  giveUp(call: RequestCall<Request, Reply>): boolean {
    this.inFlight--;
    return this.matching.giveUp(call);
  }

  /** Asks to be told when the writer has room again. */
  waitForRoom(): void {
    const { writer } = this.connection;
    if (this.state === 'open' && writer.pressured) writer.whenRelieved(this);
  }

  /** Ends the connection. */
  end(error: unknown): void {
    this.over(error);
    this.connection.destroy(error);
  }

  /** The connection is over, or another one has taken its place. */
  over(cause: unknown): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.handshakeTimer?.unsubscribe();
    this.silence?.stop();
    this.connection.writer.unwatch(this);
    const calls = this.matching.takeAll();
    this.inFlight = 0;
    this.reading?.unsubscribe();
    this.owner.over(this, calls, cause);
  }

  /** Of the writer. */
  pressure(on: boolean): void {
    if (!on) this.owner.pump();
  }

  /** Of the writer: the connection is lost. The reader tells, after what arrived. */
  gone(): void {}

  private open(): void {
    if (this.state !== 'starting') return;
    this.state = 'open';
    this.handshakeTimer?.unsubscribe();
    const { heartbeat } = this.policy;
    if (heartbeat !== undefined) {
      this.silence = new Watchdog(heartbeat.every, () => {
        this.silence?.touch();
        if (!this.beating) this.owner.beat(this);
      });
      this.silence.touch();
    }
    this.reading = this.frames.subscribe({
      next: (reply) => this.take(reply),
      error: (error: unknown) => {
        this.over(error instanceof ConnectionClosedError ? (error.cause ?? error) : error);
        // A reader that is in use is not ours to end.
        if (!(error instanceof ReaderBusyError)) this.connection.destroy(error);
      },
      complete: () => {
        // No more replies come.
        this.over(undefined);
        void this.connection.close();
      },
    });
    // A read that has failed at once has no subscription to end yet.
    if (this.closed) this.reading.unsubscribe();
    else this.owner.pump();
  }

  private handshakeFailed(error: unknown): void {
    if (this.state === 'starting') this.end(error);
  }

  private get closed(): boolean {
    return this.state === 'over';
  }

  private take(reply: Reply): void {
    // An earlier frame of the same delivery has ended it.
    if (this.closed) return;
    let call: RequestCall<Request, Reply> | 'late' | undefined;
    try {
      call = this.matching.take(reply);
    } catch (error) {
      this.end(error);
      return;
    }
    if (call === undefined) {
      this.owner.unsolicited(reply);
    } else if (call === 'late') {
      this.owner.lateReply();
    } else {
      if (!call.settled) this.inFlight--;
      this.owner.answered(call, reply);
    }
  }
}
