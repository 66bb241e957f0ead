/**
 * Turns of the event loop, and one clock for all that is done in one of them.
 *
 * Buffered bytes, settled promises and a kernel that takes everything never give a turn back by themselves. So everything
 * that could go on asks whether the turn is long, and waits for the next turn if it is. The clock is the same for all: a
 * loop that is held and released for every frame, or ten connections that have much to do, take 10 ms together.
 *
 *     turn ── the first look ── 10 ms ──► long: all that asks waits ──► next turn
 *                                                                       each that waited has a share of its 10 ms, in order
 *
 * A look at the clock costs as much as a short line. So one ask in 16 looks, and more of them where what is done in between
 * takes long.
 */

// As they were when the library was loaded: fake timers of a test that are installed later must not stop our sockets.
const { performance, setImmediate } = globalThis;
const { nextTick } = process;

/** How long a turn may be, in milliseconds. */
const MAX_TURN = 10;
/** How often the clock should be looked at, in milliseconds. */
const MAX_BETWEEN_LOOKS = 1;
const MAX_ASKS_PER_LOOK = 16;
/** Of a loop that counts by itself, while it is quick. */
const QUICK_ASKS_PER_LOOK = 64;

/** When the turn was looked at first, or what waited for it began; `undefined` before. */
let began: number | undefined;
/** When the turn, or the share of a task that waited for it, is over. */
let over = 0;
/** Whether the turn is long, or was at the last look. */
let long = false;
/** What waits for the next turn. */
let waiting: (() => void)[] = [];
let turning = false;

export const eventLoop = {
  /** How many asks are left until one looks at the clock. A loop may count in a variable of its own, and write it back. */
  asksLeft: MAX_ASKS_PER_LOOK,

  /** When the clock was looked at last, in its milliseconds. */
  lookedAt: 0,

  /** How many asks one look is for, at the pace of the last ones: few where they are slow, more than 16 where they are quick. */
  pace: MAX_ASKS_PER_LOOK,

  /**
   * Whether this turn has taken so long that the others should have theirs. What asks may wait for {@link nextTurn} then.
   *
   * @param look - Looks at the clock at once; else one ask in so many does.
   */
  turnIsLong(look = false): boolean {
    if (--eventLoop.asksLeft > 0 && !look) return false;
    return eventLoop.look();
  },

  /**
   * Looks at the clock: the ask that is the last of {@link asksLeft} does.
   *
   * @param anyway - Also where the turn is known to be long.
   */
  look(anyway = false): boolean {
    if (long && !anyway) {
      eventLoop.asksLeft = 1;
      return true;
    }
    const now = performance.now();
    if (began === undefined) begin(now);
    else setPace(now);
    if (now > over) long = true;
    eventLoop.asksLeft = long ? 1 : Math.min(eventLoop.pace, MAX_ASKS_PER_LOOK);
    return long;
  },

  /**
   * Runs a task in the next turn, when the timers and the other connections have had theirs; in a later one if that is long
   * before its time comes.
   *
   * @returns True: it will.
   */
  nextTurn(task: () => void): true {
    waiting.push(task);
    turnLater();
    return true;
  },

  /** Whether a task waits for a later turn. */
  get busy(): boolean {
    return waiting.length > 0;
  },

  /** Runs a task at the end of this turn, before anything else that waits. */
  endOfTurn(task: () => void): void {
    nextTick(task);
  },
};

function begin(now: number): void {
  began = eventLoop.lookedAt = now;
  over = now + MAX_TURN;
  // How quick the last turn was says little about this one.
  eventLoop.pace = Math.min(2 * eventLoop.pace, MAX_ASKS_PER_LOOK);
  turnLater();
}

/** Asks that are slow look more often. */
function setPace(now: number): void {
  const elapsed = now - eventLoop.lookedAt;
  eventLoop.lookedAt = now;
  const slow = Math.max(1, Math.floor(Math.min(eventLoop.pace, MAX_ASKS_PER_LOOK) / elapsed));
  eventLoop.pace = elapsed < MAX_BETWEEN_LOOKS ? QUICK_ASKS_PER_LOOK : slow;
}

function turnLater(): void {
  if (turning) return;
  turning = true;
  setImmediate(turn);
}

function turn(): void {
  turning = false;
  startShare(0);
  began = undefined;
  if (waiting.length > 0) runWaiting();
}

/** Runs what waited for this turn: each task has a share of it, and those that it is too short for wait on, as the first. */
function runWaiting(): void {
  const tasks = waiting;
  waiting = [];
  let at = 0;
  let now = performance.now();
  begin(now);
  const end = over;
  try {
    while (at < tasks.length && (at === 0 || now < end)) {
      startShare(now + (end - now) / (tasks.length - at));
      (tasks[at++] as () => void)();
      now = performance.now();
    }
  } finally {
    startShare(end);
    if (at < tasks.length) waiting = [...tasks.slice(at), ...waiting];
  }
}

/** Every share is enough for one ask. */
function startShare(until: number): void {
  over = until;
  long = false;
  eventLoop.asksLeft = Math.max(2, Math.min(eventLoop.pace, MAX_ASKS_PER_LOOK));
}
