/**
 * The same conversations in memory and in virtual time, over bad networks that delay, cut and break.
 *
 * There is no server here: {@link serve} does for a pair what `startServer` does for a connection. Bytes, work and pauses take only
 * virtual time. Promises are allowed: the clock moves on when the event loop has nothing more to do.
 */
import { isObservable, VirtualTimeScheduler } from 'rxjs';
import { type Connection, type ConnectionHandler, connectionPair } from 'rxjs-tcp';
import { type FaultPlan, faults } from 'rxjs-tcp/testing';
import { answerWith } from './answerWith';
import { askIn } from './askIn';
import { planConversation } from './ConversationPlan';
import { type ConversationsOptions, type ConversationsResult, holdAll } from './conversations';
import { turn } from './patience';
import { pick, random } from './random';
import { Talk } from './Talk';

/** The plans of the networks. The first one changes nothing. */
const NETWORKS: readonly (FaultPlan | undefined)[] = [
  undefined,
  {},
  { delay: 3, piece: 40 },
  { reset: 0.7, within: 2000 },
  { truncate: 0.7, within: 2000 },
  { halfClose: 0.7, within: 2000 },
];

/** If nothing happens in this many turns of the event loop, nothing ever will. */
const QUIET = 20;

/** Runs conversations in virtual time. The result has the faults. */
export function virtualConversations(options: Omit<ConversationsOptions, 'tls'>): Promise<ConversationsResult> {
  return holdAll(options, async (seed) => {
    const talk = new Talk(planConversation(seed, ['memory']));
    await converse(talk);
    return talk;
  });
}

async function converse(talk: Talk): Promise<void> {
  const scheduler = new VirtualTimeScheduler();
  const pass = (time: number) =>
    time > 0 ? new Promise<void>((resolve) => void scheduler.schedule(() => resolve(), time)) : Promise.resolve();
  const network = pick(random(talk.plan.seed + 1), NETWORKS);
  const joined = network === undefined ? undefined : faults(talk.plan.seed, network).pair({ scheduler });
  const [client, server] = joined === undefined ? connectionPair({ scheduler }) : [joined.client, joined.server];
  let open = 3;
  const over = () => void open--;
  void client.closed.then(over);
  void server.closed.then(over);
  // No clock on the wall: a machine that has much to do is no fault. What never settles is found by play().
  const settles = (promise: PromiseLike<unknown>) => Promise.resolve(promise).then(() => true);
  void askIn(talk, client, { pass, settles }).then(over);
  serve(server, answerWith(talk, { pass }), talk);
  await play(scheduler, () => open === 0 && talk.atWork === 0);
  talk.cut = joined?.log.entries.some(({ fault }) => ['reset', 'truncate', 'half-close'].includes(fault)) ?? false;
  if (open > 0) talk.faults.push(`${open} of both ends and the asking side never come to an end`);
  joined?.destroy();
  client.destroy();
  server.destroy();
  await play(scheduler, () => open === 0 && scheduler.actions.length === 0);
  if (scheduler.actions.length > 0) talk.faults.push(`${scheduler.actions.length} timers are left`);
}

/** Does for one connection what `startServer` does: closes it with its handler, and reports a failure. */
function serve(connection: Connection, handler: ConnectionHandler, talk: Talk): void {
  const finish = () => void connection.close();
  const fail = (error: unknown) => {
    // If this side has ended the connection, the error is no failure.
    if (!talk.endedHere) talk.reports.push(error);
    connection.destroy(error);
  };
  try {
    const served = handler(connection);
    if (isObservable(served)) served.subscribe({ error: fail, complete: finish });
    else served?.then(finish, fail);
  } catch (error) {
    fail(error);
  }
}

/** Advances the time, moment by moment, until everything is over or nothing happens any more. */
async function play(scheduler: VirtualTimeScheduler, over: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < QUIET; quiet++) {
    await turn();
    if (over()) return;
    const [next] = scheduler.actions;
    if (next === undefined) continue;
    quiet = 0;
    scheduler.maxFrames = next.delay;
    scheduler.flush();
  }
}
