/**
 * Random requests, in virtual time: is any answered twice, by another's reply, or never settled?
 *
 * A client asks a few things, some with little time, some of which it gives up. The peer answers in time, late, twice or
 * never; by key in any order. The connection breaks on the way, and another one takes its place. What happens depends on the
 * seed alone.
 *
 * In order a reply can't be lost alone: from the lost one on, that peer says nothing more on this connection.
 */
import { asyncScheduler, Subject, timer } from 'rxjs';
import { type Connection, connectionPair, framed, ndjson, type Requests, requests } from 'rxjs-tcp';
import { runMarbles } from 'rxjs-tcp/testing';
import { pick, type Random, random } from './random';

interface Question {
  readonly id: number;
  /** No two in a conversation are the same. */
  readonly ask: number;
  readonly idempotent: boolean;
}

interface Answer {
  readonly id: number;
  readonly to: number;
}

export interface RequestConversationsResult {
  readonly conversations: number;
  readonly requests: number;
  readonly answered: number;
  /** How many replies came after their request gave up. */
  readonly late: number;
  /** How many were sent again over another connection. */
  readonly resent: number;
  /** Rejections by the name of their error. */
  readonly rejected: Readonly<Record<string, number>>;
  /** What should not have happened, with its seed. */
  readonly faults: readonly string[];
}

export interface RequestConversationsOptions {
  readonly seed: number;
  readonly conversations: number;
  readonly onConversation?: ((done: number) => void) | undefined;
}

/** So many conversations are held before their promises are looked at. */
const AT_ONCE = 50;
/** When a conversation is over, in virtual milliseconds: all timeouts and answers are long past. */
const END = 2000;

/** Holds conversations; what should not have happened is in the result. */
export async function requestConversations({
  seed,
  conversations,
  onConversation,
}: RequestConversationsOptions): Promise<RequestConversationsResult> {
  const tally = new Tally();
  for (let at = 0; at < conversations; ) {
    const held: Conversation[] = [];
    for (; at < conversations && held.length < AT_ONCE; at++) {
      const one = new Conversation(seed + at);
      runMarbles(({ scheduler }) => one.hold(scheduler));
      held.push(one);
    }
    for (const one of held) tally.add(one, await one.outcomes());
    onConversation?.(at);
  }
  return tally.result();
}

type Outcome = { readonly question: Question } & ({ readonly answer: Answer } | { readonly error: unknown } | object);

class Conversation {
  readonly draw: Random;
  readonly byKey: boolean;
  late = 0;
  /** How often each question was received. */
  readonly received = new Map<number, number>();
  /** How many requests the client still counts at the end. */
  left = 0;
  private readonly asked: { readonly question: Question; readonly reply: Promise<Answer> }[] = [];
  private calls!: Requests<Question, Answer>;
  private readonly connections = new Subject<Connection>();
  private readonly ends: Connection[] = [];
  private times = 0;

  constructor(readonly seed: number) {
    this.draw = random(seed);
    this.byKey = this.draw(2) === 0;
  }

  hold(scheduler: NonNullable<Parameters<typeof connectionPair>[0]>['scheduler']): void {
    const { draw } = this;
    const key = { request: (q: Question) => q.id, reply: (a: Answer) => a.id };
    this.calls = requests<Question, Answer>(this.connections, ndjson(), {
      timeout: this.apart(20 + draw(30)),
      maxInFlight: pick(draw, [1, 3, 1000]),
      ...(this.byKey && { key }),
    });
    this.connect(scheduler);
    const count = 1 + draw(10);
    for (let ask = 0; ask < count; ask++) this.after(draw(60), () => this.ask(ask));
    this.after(END, () => {
      this.late = this.calls.late;
      this.left = this.calls.inFlight + this.calls.queued;
      this.connections.complete();
      for (const end of this.ends) end.destroy();
    });
  }

  async outcomes(): Promise<Outcome[]> {
    return Promise.all(
      this.asked.map(({ question, reply }) =>
        reply.then(
          (answer) => ({ question, answer }),
          (error: unknown) => ({ question, error }),
        ),
      ),
    );
  }

  /** A time that no other has: RxJS's virtual time can't clear two timers of the same moment in each other's task. */
  private apart(time: number): number {
    return time + ++this.times / 4096;
  }

  private after(time: number, task: () => void): void {
    timer(this.apart(time)).subscribe(task);
  }

  private ask(ask: number): void {
    const { draw } = this;
    const question = { id: ask, ask, idempotent: draw(3) === 0 };
    const abort = new AbortController();
    const options = {
      idempotent: question.idempotent,
      signal: abort.signal,
      ...(draw(2) === 0 && { timeout: this.apart(1 + draw(30)) }),
    };
    const reply = this.calls.request(question, options);
    reply.catch(() => {});
    this.asked.push({ question, reply });
    if (draw(4) === 0) this.after(draw(30), () => abort.abort(new Error('aborted')));
  }

  private connect(scheduler: Parameters<Conversation['hold']>[0]): void {
    const { draw } = this;
    const [near, far] = connectionPair({ scheduler });
    this.ends.push(near, far);
    const frames = framed<Question, Answer>(far, ndjson());
    const again = () => {
      if (this.ends.length < 8) this.after(draw(20), () => this.connect(scheduler));
    };
    let silent = false;
    let latest = 0;
    frames.subscribe({
      next: ({ id, ask }) => {
        this.received.set(ask, (this.received.get(ask) ?? 0) + 1);
        const fate = draw(12);
        // Lost: in order, all that would come after it too.
        if (fate === 0 && !this.byKey) silent = true;
        if (fate === 0 || silent) return;
        const now = asyncScheduler.now();
        const wait = pick(draw, [0, 1, 5, 30, 70]);
        // In order, no reply comes before an earlier one.
        latest = this.byKey ? now + wait : Math.max(latest, now + wait);
        const say = () => void (far.writer.isClosing() || frames.next({ id, to: ask }));
        this.after(latest - now, say);
        if (this.byKey && fate === 1) this.after(latest - now + draw(50), say);
      },
      error: again,
      complete: again,
    });
    if (draw(3) === 0) this.after(10 + draw(80), () => pick(draw, [near, far]).reset());
    this.connections.next(near);
  }
}

class Tally {
  private conversations = 0;
  private requests = 0;
  private answered = 0;
  private late = 0;
  private resent = 0;
  private readonly rejected: Record<string, number> = {};
  private readonly faults: string[] = [];

  add(one: Conversation, outcomes: readonly Outcome[]): void {
    const fault = (what: string) => this.faults.push(`seed ${one.seed}: ${what}`);
    this.conversations++;
    this.late += one.late;
    if (one.left > 0) fault(`${one.left} requests are left`);
    for (const outcome of outcomes) {
      const { question } = outcome;
      const received = one.received.get(question.ask) ?? 0;
      this.requests++;
      if (received > 1) this.resent++;
      if (received > (question.idempotent ? 2 : 1)) fault(`${question.ask} was sent ${received} times`);
      if ('answer' in outcome) {
        this.answered++;
        if (outcome.answer.to !== question.ask) fault(`${question.ask} got the reply to ${outcome.answer.to}`);
        if (received === 0) fault(`${question.ask} was answered before it was asked`);
      } else if ('error' in outcome) {
        const { name, message } = outcome.error as Error;
        const kind = name === 'Error' ? message : name;
        this.rejected[kind] = (this.rejected[kind] ?? 0) + 1;
      }
    }
  }

  result(): RequestConversationsResult {
    const { conversations, requests: asked, answered, late, resent, rejected, faults } = this;
    return { conversations, requests: asked, answered, late, resent, rejected, faults };
  }
}
