// As it was when the library was loaded: fake timers of a test that are installed later must not stop our sockets.
const { nextTick } = process;

/** Runs a task at the end of this turn of the event loop, before anything else that waits. */
export function endOfTurn(task: () => void): void {
  nextTick(task);
}
