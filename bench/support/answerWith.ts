import { concatMap, filter, finalize, firstValueFrom, map, type Observable, type OperatorFunction, tap } from 'rxjs';
import { type Connection, concatMapPausing, eachValueFrom, mergeMapPausing, writeTo } from 'rxjs-tcp';
import { HANDLERS } from './ConversationPlan';
import { replyTo, type Talk } from './Talk';

/** The tools of a handler, besides its connection. */
export interface AnswerTools {
  /** Resolves after this many turns of the event loop, or virtual milliseconds. */
  readonly pass: (time: number) => Promise<void>;
  readonly upgrade?: ((connection: Connection) => Promise<void>) | undefined;
  readonly closeServer?: (() => void) | undefined;
  /** Whether a promise settles; without it, in the time that `settles` waits. */
  readonly settles?: ((promise: PromiseLike<unknown>) => Promise<boolean>) | undefined;
}

/** The handler of a conversation: it takes every request, and answers it as the plan says. */
export function answerWith(talk: Talk, tools: AnswerTools) {
  return (connection: Connection): Observable<unknown> | Promise<void> | void => {
    const { handler, trouble } = talk.plan;
    talk.answering = connection;
    if (trouble === 'throws at once') fail(talk);
    const answering = new Answering(talk, tools, connection);
    if (HANDLERS.promise.includes(handler)) return answering.promise();
    if (HANDLERS.nothing.includes(handler)) return answering.nothing();
    return answering.observable();
  };
}

function fail(talk: Talk): never {
  const error = new Error(`of the handler of seed ${talk.plan.seed}`);
  talk.thrown.push(error);
  throw error;
}

/** Drops the requests that get no answer. */
const given = filter((reply: Uint8Array | undefined): reply is Uint8Array => reply !== undefined);

class Answering {
  constructor(
    private readonly talk: Talk,
    private readonly tools: AnswerTools,
    private readonly connection: Connection,
  ) {}

  observable(): Observable<unknown> {
    const { talk, connection, tools } = this;
    const { plan } = talk;
    const operators: Readonly<Record<string, OperatorFunction<string, Uint8Array>>> = {
      map: (texts) =>
        texts.pipe(
          map((text) => this.answerNow(text)),
          given,
        ),
      concatMap: (texts) =>
        texts.pipe(
          concatMap((text) => this.answer(text)),
          given,
        ),
      concatMapPausing: (texts) =>
        texts.pipe(
          concatMapPausing((text) => this.answer(text)),
          given,
        ),
      mergeMapPausing: (texts) =>
        texts.pipe(
          mergeMapPausing((text) => this.answer(text), 3),
          given,
        ),
    };
    const replies = this.requests().pipe(operators[plan.handler] as OperatorFunction<string, Uint8Array>);
    const lingering = concatMap(async (value: unknown) => {
      if (plan.lingers > 0 && talk.delivered.length === plan.requests.length) await tools.pass(plan.lingers);
      return value;
    });
    const served: Observable<unknown> =
      plan.answers === 'writeTo' ? replies.pipe(writeTo(connection.writer)) : replies.pipe(tap(this.send), lingering);
    talk.atWork++;
    return served.pipe(
      tap({
        error: (error) => {
          talk.outcome = { error };
        },
      }),
      finalize(() => {
        talk.settle();
        if (plan.trouble === 'its teardown throws') fail(talk);
      }),
    );
  }

  async promise(): Promise<void> {
    const { talk, connection, tools } = this;
    talk.atWork++;
    try {
      if (talk.plan.handler === 'eachValueFrom') {
        for await (const text of eachValueFrom(this.requests())) await this.reply(await this.answer(text));
      } else {
        const { frames, read } = talk.framing;
        const next =
          talk.plan.handler === 'firstValueFrom'
            ? () => firstValueFrom(connection.reader.pipe(frames()), { defaultValue: undefined })
            : () => read(connection.reader);
        for (let text = await next(); text !== undefined; text = await next()) {
          talk.delivered.push(text);
          await this.reply(await this.answer(text));
        }
      }
      await tools.pass(talk.plan.lingers);
      talk.settle();
    } catch (error) {
      talk.settle({ error });
      throw error;
    }
  }

  nothing(): void {
    const { talk, connection } = this;
    const { handler, answers } = talk.plan;
    talk.atWork++;
    const done = { error: () => talk.settle(), complete: () => talk.settle() };
    // If a request is cut, nothing else ends the connection.
    const over = { error: () => connection.destroy(), complete: () => connection.writer.writeEof() };
    if (handler === 'subscribe to concatMapPausing') {
      const replies = concatMapPausing((text: string) => this.answer(text));
      this.requests()
        .pipe(replies, given, tap(done))
        .subscribe({ ...over, next: this.send });
    } else if (handler === 'subscribe(writer)' && answers !== 'none') {
      const replies = concatMap((text: string) => this.answer(text));
      this.requests().pipe(replies, given, tap(done)).subscribe(connection.writer);
    } else {
      const replies = map((text: string) => this.answerNow(text));
      this.requests()
        .pipe(replies, given, tap(done))
        .subscribe({ ...over, next: this.send });
    }
  }

  private requests(): Observable<string> {
    const { talk, connection } = this;
    return connection.reader.pipe(
      talk.framing.frames(),
      tap((text) => void talk.delivered.push(text)),
    );
  }

  /** The reply to a request after some work, or `undefined` for no answer. */
  private async answer(text: string): Promise<Uint8Array | undefined> {
    const { talk, tools, connection } = this;
    if (talk.plan.work > 0) await tools.pass(talk.plan.work);
    const reply = this.answerNow(text);
    if (Number.parseInt(text, 10) !== talk.plan.upgradeAt || connection.writer.isClosing()) return reply;
    // The last reply in the clear.
    if (reply !== undefined) connection.writer.write(reply);
    await tools.upgrade?.(connection);
    return undefined;
  }

  private answerNow(text: string): Uint8Array | undefined {
    const { talk, connection } = this;
    const { plan } = talk;
    const index = Number.parseInt(text, 10);
    if (index === plan.troubleAt) this.makeTrouble(connection);
    if (plan.pauses > 0 && index % plan.pauses === 0) void this.tools.pass(3).then(connection.reader.pause());
    return plan.answers === 'none' ? undefined : talk.framing.encode(replyTo(plan, index));
  }

  private makeTrouble(connection: Connection): void {
    const { talk, tools } = this;
    const { trouble } = talk.plan;
    if (trouble === 'fails') fail(talk);
    if (trouble === 'server.close()') tools.closeServer?.();
    if (trouble !== 'close()' && trouble !== 'reset()' && trouble !== 'destroy()') return;
    // If the connection is gone already, this handler has not ended it.
    talk.endedHere = !connection.signal.aborted;
    if (trouble === 'close()') void connection.close();
    else if (trouble === 'reset()') connection.reset();
    else connection.destroy();
  }

  private async reply(reply: Uint8Array | undefined): Promise<void> {
    const { talk, connection } = this;
    if (reply === undefined) return;
    if (talk.plan.answers === 'writeTo') {
      connection.writer.write(reply);
      await connection.writer.drain();
    } else this.send(reply);
  }

  /** As with every Subject: after the end it does nothing. */
  private readonly send = (reply: Uint8Array) => this.connection.writer.next(reply);
}
