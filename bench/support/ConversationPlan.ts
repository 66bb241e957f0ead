import { pick, type Random, random } from './random';

export type ConversationKind = 'TCP' | 'TLS' | 'Unix' | 'memory';

/** How requests and replies are cut. */
export type FramingName = 'lines' | 'length-prefixed' | 'generator';

const OBSERVABLE_HANDLERS = ['map', 'concatMap', 'concatMapPausing', 'mergeMapPausing'] as const;
const PROMISE_HANDLERS = ['a loop of reads', 'firstValueFrom', 'eachValueFrom'] as const;
const HANDLERS_OF_NOTHING = ['subscribe', 'subscribe(writer)', 'subscribe to concatMapPausing'] as const;

export type HandlerName =
  | (typeof OBSERVABLE_HANDLERS)[number]
  | (typeof PROMISE_HANDLERS)[number]
  | (typeof HANDLERS_OF_NOTHING)[number];

export const HANDLERS: Readonly<Record<'Observable' | 'promise' | 'nothing', readonly HandlerName[]>> = {
  Observable: OBSERVABLE_HANDLERS,
  promise: PROMISE_HANDLERS,
  nothing: HANDLERS_OF_NOTHING,
};

/** A fault of the answering side, or something that it does too early. */
export type TroubleName =
  | 'none'
  | 'throws at once'
  | 'fails'
  | 'its teardown throws'
  | 'close()'
  | 'reset()'
  | 'destroy()'
  | 'server.close()';

/** How the asking side ends. */
export type EndingName = 'half-closes' | 'waits' | 'closes' | 'exits' | 'resets';

/** One conversation: the requests, the handler that answers, and the end. The seed decides everything. */
export interface ConversationPlan {
  readonly seed: number;
  readonly kind: ConversationKind;
  /** Which handler answers: the one of a server, or the one of a client behind `connect`. */
  readonly answerer: 'server' | 'client';
  readonly handler: HandlerName;
  readonly framing: FramingName;
  /** How replies are written. `none`: the handler writes none. */
  readonly answers: 'writeTo' | 'next' | 'none';
  readonly requests: readonly string[];
  /** How many bytes a reply has at least. */
  readonly replySize: number;
  /** The request at which both upgrade to TLS, or -1. */
  readonly upgradeAt: number;
  readonly trouble: TroubleName;
  /** The request at which there is trouble. */
  readonly troubleAt: number;
  /** How long the handler works on each request: turns of the event loop, or virtual milliseconds. */
  readonly work: number;
  /** How long it goes on after its last request. */
  readonly lingers: number;
  /** After how many requests the handler holds its reader for some time, each time; 0: never. */
  readonly pauses: number;
  readonly ending: EndingName;
  /** How long the asking side waits before it ends. */
  readonly endsAfter: number;
  /** True if the asking side reads nothing before it has sent everything. */
  readonly slow: boolean;
  /** True if the asking side dials with `connect`. */
  readonly connects: boolean;
  /** Random numbers for decisions on the way, such as how bytes are cut. */
  readonly draw: Random;
}

/** Draws a conversation over one of these kinds of connection. */
export function planConversation(seed: number, kinds: readonly ConversationKind[]): ConversationPlan {
  const draw = random(seed);
  const live = !kinds.includes('memory');
  const answerer = live && draw(6) === 0 ? 'client' : 'server';
  const handler =
    answerer === 'client' ? pick(draw, OBSERVABLE_HANDLERS) : pick(draw, pick(draw, Object.values(HANDLERS)));
  const count = draw(5) === 0 ? 0 : draw(40);
  const most = draw(3) === 0 ? 2000 : 60;
  const requests = Array.from({ length: count }, (_, index) => `${index}:${'x'.repeat(draw(most))}`);
  // Handlers that take one request after the other can upgrade between two of them.
  const upgrades =
    live && count > 0 && answerer === 'server' && !['map', 'mergeMapPausing', 'subscribe'].includes(handler);
  const upgradeAt = upgrades && draw(4) === 0 ? draw(count) : -1;
  const kind = pick(draw, upgradeAt < 0 ? kinds : kinds.filter((other) => other !== 'TLS'));
  // Node hides a reset that meets the session tickets of a server's handshake. On a Unix socket there is no other sign of it.
  const hidden = kind === 'Unix' && upgradeAt >= 0;
  return {
    seed,
    kind,
    answerer,
    handler,
    framing: pick(draw, ['lines', 'length-prefixed', 'generator']),
    answers:
      upgradeAt >= 0 ? 'next' : pick(draw, answerer === 'client' ? ['writeTo', 'none'] : ['writeTo', 'next', 'none']),
    requests,
    replySize: draw(4) === 0 ? 20_000 : 5,
    upgradeAt,
    trouble: draw(2) === 0 ? 'none' : pick(draw, troublesOf(handler, answerer, live)),
    troubleAt: draw(Math.max(1, count)),
    work: draw(3) === 0 ? 8 : draw(3),
    lingers: draw(4) === 0 ? 20 : 0,
    pauses: draw(3) === 0 ? 1 + draw(5) : 0,
    ending: pick(
      draw,
      hidden ? ['half-closes', 'waits', 'closes'] : ['half-closes', 'waits', 'closes', 'exits', 'resets'],
    ),
    endsAfter: draw(3) === 0 ? draw(40) : draw(3),
    slow: upgradeAt < 0 && draw(4) === 0,
    connects: answerer === 'client' || draw(3) === 0,
    draw,
  };
}

function troublesOf(handler: HandlerName, answerer: 'server' | 'client', live: boolean): readonly TroubleName[] {
  const ends: readonly TroubleName[] = ['close()', 'reset()', 'destroy()'];
  if (answerer === 'client') return ['fails'];
  const fails: readonly TroubleName[] = HANDLERS.nothing.includes(handler) ? [] : ['fails'];
  // A handler that awaits has no teardown. In memory there is no server.
  const onServer: readonly TroubleName[] = live ? ['server.close()'] : [];
  const torn: readonly TroubleName[] = live && HANDLERS.Observable.includes(handler) ? ['its teardown throws'] : [];
  return ['throws at once', ...fails, ...torn, ...torn, ...onServer, ...ends];
}

export function describePlan(plan: ConversationPlan): string {
  const { kind, answerer, handler, framing, answers, requests, trouble, troubleAt, upgradeAt, ending } = plan;
  const troubled = trouble === 'none' ? '' : `, ${trouble} at ${troubleAt}`;
  const upgraded = upgradeAt < 0 ? '' : `, startTls at ${upgradeAt}`;
  const ends = `${ending} after ${plan.endsAfter}${plan.slow ? ', slow' : ''}${plan.connects ? ', by connect()' : ''}`;
  const answering = `${requests.length} of ${framing} to ${handler} of the ${answerer}, answered by ${answers}`;
  return `seed ${plan.seed}: ${kind}, ${answering}, work ${plan.work}+${plan.lingers}, pauses ${plan.pauses}${troubled}${upgraded}, ${ends}`;
}
