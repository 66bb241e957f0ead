/**
 * Turns of the event loop, and one clock for all work in one turn.
 *
 * Work on buffered bytes, settled promises, or a kernel that takes everything never ends a turn by itself. So all code that
 * could go on asks whether the turn is long. If it is, the code waits for the next turn. The clock is the same for all: a loop
 * that is held and released for every frame, or ten busy connections, take 10 ms together.
 *
 *     turn ── the first look ── 10 ms ──► long: all code that asks waits ──► next turn
 *                                                                            each task that waited gets a share of its 10 ms, in order
 *
 * A look at the clock costs as much as a short line. So one ask in 16 looks, and more asks look if the work between them is
 * slow.
 */

// The functions from when the library was loaded: if a test installs fake timers later, they must not stop the sockets.
const { performance, setImmediate } = globalThis;
const { nextTick } = process;

/** How long a turn may be, in milliseconds. */
const MAX_TURN = 10;
/** How often the clock should be looked at, in milliseconds. */
const MAX_BETWEEN_LOOKS = 1;
const MAX_ASKS_PER_LOOK = 16;
/** How many asks there are for each look, in a quick loop that counts itself. */
const QUICK_ASKS_PER_LOOK = 64;

/** When the first look of the turn was, or when the tasks that waited for it began; `undefined` before. */
let began: number | undefined;
/** When the turn is over, or the share of a task that waited for it. */
let over = 0;
/** Whether the turn is long, or was at the last look. */
let long = false;
/** The tasks that wait for the next turn. */
let waiting: (() => void)[] = [];
let turning = false;

export const eventLoop = {
  /** How many asks are left until one looks at the clock. A loop may count in a variable of its own, and write it back. */
  asksLeft: MAX_ASKS_PER_LOOK,

  /** When the last look at the clock was, in the clock's milliseconds. */
  lookedAt: 0,

  /** How many asks there are for each look, at the current pace: few if asks are slow, more than 16 if they are quick. */
  pace: MAX_ASKS_PER_LOOK,

  /**
   * Whether this turn has taken so long that others should run. Then the caller should wait for {@link nextTurn}, if it can.
   *
   * @param look - True looks at the clock now. Else only some of the asks look.
   */
  turnIsLong(look = false): boolean {
    if (--eventLoop.asksLeft > 0 && !look) return false;
    return eventLoop.look();
  },

  /**
   * Looks at the clock. Call it when {@link asksLeft} is used up.
   *
   * @param anyway - Look also if the turn is already known to be long.
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
   * Runs a task in the next turn, after the timers and the other connections; or in a later turn, if that one is long before the
   * task's time comes.
   *
   * @returns True: the task will run.
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
  // The pace of the last turn says little about this one.
  eventLoop.pace = Math.min(2 * eventLoop.pace, MAX_ASKS_PER_LOOK);
  turnLater();
}

/** Slow asks look more often. */
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

/** Runs the tasks that waited for this turn. Each gets a share of it. If the turn is too short, the others come first next time. */
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

/** Starts the share of one task. Every share is enough for one ask. */
function startShare(until: number): void {
  over = until;
  long = false;
  eventLoop.asksLeft = Math.max(2, Math.min(eventLoop.pace, MAX_ASKS_PER_LOOK));
}
