/**
 * Random conversations on live sockets: does every request reach its handler, and do both sides learn the end?
 *
 * One side sends numbered requests, pipelined and in random pieces. A handler of the other side answers them, in one of many
 * ways. On the way both may upgrade to TLS, and the handler may fail or end the connection. The asking side ends in order, leaves
 * or resets. Each conversation has its own server, which is closed once the asking side is done. Afterwards:
 *
 * - Did the handler get every request that arrived whole, once and in order?
 * - Did the replies come in order, and did all of them come if nothing broke?
 * - Was every failure of a handler reported once, and nothing else?
 * - Did everything settle, and did `server.close()` wait for the handlers?
 *
 * A conversation depends only on its seed, and on how the kernel cuts bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeMap, Observable } from 'rxjs';
import { type Connection, connect, openConnection, startServer } from 'rxjs-tcp';
import { type AnswerTools, answerWith } from './answerWith';
import { askIn } from './askIn';
import { type ConversationPlan, describePlan, HANDLERS, planConversation } from './ConversationPlan';
import { PATIENCE, settles, turn } from './patience';
import { StrayErrors } from './StrayErrors';
import { Talk } from './Talk';

export interface ConversationsOptions {
  /** A certificate for localhost and 127.0.0.1, and its key. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer };
  /** The first seed. */
  readonly seed: number;
  /** How many conversations, each with the next seed. */
  readonly conversations: number;
  /** How many at once. */
  readonly atOnce: number;
  /** Called after each conversation. */
  readonly onConversation?: ((done: number) => void) | undefined;
}

export interface ConversationsResult {
  readonly conversations: number;
  /** How many requests and replies were delivered. */
  readonly frames: number;
  /** How many failures were reported. */
  readonly failures: number;
  /** How many conversations had each trait: a kind of connection, a handler, a trouble, an ending. */
  readonly traits: Record<string, number>;
  /** The faults, each with its conversation. */
  readonly faults: string[];
}

/** Runs conversations over TCP, TLS and Unix sockets. The result has the faults. */
export async function conversations(options: ConversationsOptions): Promise<ConversationsResult> {
  const directory = mkdtempSync(join(tmpdir(), 'rxjs-tcp-talks-'));
  try {
    return await holdAll(options, async (seed) => {
      const talk = new Talk(planConversation(seed, ['TCP', 'TLS', 'Unix']));
      await converse(talk, options.tls, join(directory, `${seed}.sock`));
      return talk;
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs one conversation after the other, some at once, and collects the results. */
export async function holdAll(
  options: Omit<ConversationsOptions, 'tls'>,
  hold: (seed: number) => Promise<Talk>,
): Promise<ConversationsResult> {
  const stray = new StrayErrors();
  const faults: string[] = [];
  const traits: Record<string, number> = {};
  let [begun, done, frames, failures] = [0, 0, 0, 0];
  const worker = async () => {
    while (begun < options.conversations) {
      const talk = await hold(options.seed + begun++);
      const { plan, delivered, replies, reports } = talk;
      for (const fault of talk.check()) faults.push(`${describePlan(plan)}: ${fault}`);
      for (const trait of traitsOf(plan)) traits[trait] = (traits[trait] ?? 0) + 1;
      frames += delivered.length + replies.length;
      failures += reports.length;
      done++;
      options.onConversation?.(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.atOnce }, worker));
    for (let i = 0; i < 5; i++) await turn();
  } finally {
    stray.stop();
  }
  return { conversations: done, frames, failures, traits, faults: [...faults, ...stray.found] };
}

function traitsOf({
  kind,
  handler,
  framing,
  answers,
  trouble,
  ending,
  upgradeAt,
  answerer,
}: ConversationPlan): string[] {
  const upgrade = upgradeAt >= 0 ? ['startTls'] : [];
  return [
    kind,
    handler,
    framing,
    `answers: ${answers}`,
    `trouble: ${trouble}`,
    ending,
    `by the ${answerer}`,
    ...upgrade,
  ];
}

async function converse(talk: Talk, tls: ConversationsOptions['tls'], path: string): Promise<void> {
  const { plan } = talk;
  const host = '127.0.0.1';
  const trusts = { ca: tls.cert, servername: 'localhost' };
  const tools = (side: 'client' | 'server', closeServer?: () => void): AnswerTools => ({
    pass,
    closeServer,
    upgrade: (connection) => connection.startTls({ ...(side === 'client' ? trusts : tls), side }),
  });
  const connections: Connection[] = [];
  let asked: Promise<void> | undefined;
  const answer = answerWith(
    talk,
    tools('server', () => void server.close({ timeout: 2 * PATIENCE })),
  );
  const server = await startServer(
    (connection) => {
      connections.push(connection);
      if (plan.answerer === 'server') return answer(connection);
      asked = askIn(talk, connection, tools('server'));
      return asked;
    },
    { ...(plan.kind === 'Unix' ? { path } : { host, port: 0 }), ...(plan.kind === 'TLS' && { tls }) },
  );
  server.errors.subscribe(({ error }) => {
    if (plan.answerer === 'server') talk.reports.push(error);
    else talk.faults.push(`the server of the asking side tells ${String(error)}`);
  });
  const where = {
    ...(plan.kind === 'Unix' ? { path } : { host, port: server.port as number }),
    ...(plan.kind === 'TLS' && { tls: trusts }),
  };
  let outer = Promise.resolve();
  const ask = (connection: Connection) => {
    connections.push(connection);
    return askIn(talk, connection, tools('client'));
  };
  if (plan.answerer === 'client') {
    const answered = connect(where).pipe(
      mergeMap((connection) => asObservable(answerWith(talk, tools('client'))(connection))),
    );
    outer = ended(answered, (error) => void talk.reports.push(error));
    await outer;
    await asked;
  } else if (plan.connects) {
    await new Promise<void>((resolve) => {
      const asks = connect(where).pipe(
        mergeMap((connection) => {
          void ask(connection).then(resolve);
          return [];
        }),
      );
      outer = ended(asks, () => {});
      void outer.then(() => connections.length < 2 && resolve());
    });
  } else {
    await openConnection(where).then(ask, (error) => {
      if (plan.trouble !== 'throws at once') talk.faults.push(`nobody could dial: ${String(error)}`);
    });
  }
  if (!(await settles(outer))) talk.faults.push('connect() neither completes nor errors');
  if (!(await settles(server.close({ timeout: 2 * PATIENCE })))) {
    talk.faults.push('close() of the server never settles');
    await server.close({ timeout: 1 });
  } else if (talk.atWork > 0 && !HANDLERS.nothing.includes(plan.handler) && plan.answerer === 'server') {
    talk.faults.push('close() of the server has not waited for its handler');
  }
  const closed = await settles(Promise.all(connections.map((connection) => connection.closed)));
  if (!closed) talk.faults.push('closed never settles');
  for (const deadline = performance.now() + PATIENCE; talk.atWork > 0 && performance.now() < deadline; ) await turn();
  // Late reports count too.
  for (let i = 0; i < 3; i++) await turn();
}

async function pass(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

/** Resolves when the Observable has completed or failed. */
function ended(observable: Observable<unknown>, failed: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    observable.subscribe({
      error: (error) => {
        failed(error);
        resolve();
      },
      complete: resolve,
    });
  });
}

function asObservable(served: unknown): Observable<unknown> {
  if (!(served instanceof Observable))
    throw new TypeError('Cannot answer behind connect: the handler gives no Observable');
  return served;
}
