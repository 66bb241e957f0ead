import { EMPTY, type Observable, type Subscription, switchMap, tap } from 'rxjs';
import { type Connection, connect, decode, reconnect } from 'rxjs-tcp';
import { chatCodec, type FromChat, type FromMember, toLine } from '../service/protocol';
import type { Tally } from './Tally';

/** How many lines of a member may wait for their acks. */
const MOST_WAITING = 10;

/**
 * A member as a good client is: it knows the last number that it has heard, keeps what is not acknowledged, dials again whatever
 * ends the connection, and goes on where it was.
 */
export class StormMember {
  /** The numbers of all lines that it has heard. */
  readonly heard: number[] = [];
  private last = 0;
  private sent = 0;
  /** What is not acknowledged, the oldest first: sent again, with the same ids, on every new connection. */
  private readonly waiting = new Map<string, string>();
  private connection: Connection | undefined;
  private readonly running: Subscription;

  constructor(
    readonly name: string,
    readonly room: string,
    port: number,
    private readonly tally: Tally,
  ) {
    this.running = connect({ host: '127.0.0.1', port, connectTimeout: 10_000 })
      .pipe(
        switchMap((connection) => this.talk(connection)),
        reconnect({ initial: 50, max: 1_000 }),
      )
      .subscribe();
  }

  /** Whether it may say more: a client that does not wait for the acks of what it has said would bury the chat. */
  get ready(): boolean {
    return this.waiting.size < MOST_WAITING;
  }

  get joined(): boolean {
    return this.connection !== undefined;
  }

  say(text: string): void {
    const id = `${this.name}-${++this.sent}`;
    this.waiting.set(id, text);
    this.tally.said(this.room, id);
    if (this.connection !== undefined) tell(this.connection, { say: text, id });
  }

  /** The wire is cut: no FIN, as far as this program goes. */
  cut(): void {
    this.connection?.reset();
  }

  leave(): void {
    this.running.unsubscribe();
  }

  private talk(connection: Connection): Observable<unknown> {
    tell(connection, { join: this.room, name: this.name, after: this.last });
    return connection.reader.pipe(
      decode(chatCodec),
      tap({ next: (said) => this.hear(connection, said), finalize: () => this.gone(connection) }),
      switchMap(() => EMPTY),
    );
  }

  private hear(connection: Connection, said: FromChat): void {
    const { tally } = this;
    if ('seq' in said && 'text' in said) {
      tally.heard(this.name, said.id, said.seq, this.heard, this.last);
      this.heard.push(said.seq);
      this.last = Math.max(this.last, said.seq);
    } else if ('ack' in said) {
      this.waiting.delete(said.ack);
      tally.acknowledged(said.ack, said.seq);
    } else if ('joined' in said) {
      const address = `${connection.localAddress}:${connection.localPort}`;
      tally.joined(
        said.worker,
        said.address === address,
        `${this.name} is ${address}, ${said.worker} says ${said.address}`,
      );
      this.connection = connection;
      tally.totals.resent += this.waiting.size;
      for (const [id, text] of this.waiting) tell(connection, { say: text, id });
    } else if ('error' in said) {
      tally.fault('failures', `${this.name} was told: ${said.error}`);
    }
  }

  private gone(connection: Connection): void {
    if (this.connection === connection) this.connection = undefined;
  }
}

function tell({ writer }: Connection, said: FromMember): void {
  if (!writer.isClosing()) writer.write(toLine(said));
}
