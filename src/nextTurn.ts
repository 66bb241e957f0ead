// As they were when the library was loaded: fake timers of a test that are installed later must not stop our sockets.
const { setImmediate } = globalThis;

/**
 * Runs a task in the next turn of the event loop, when the timers and the other connections have had theirs.
 *
 * @returns True: it will.
 */
export function nextTurn(task: () => void): true {
  setImmediate(task);
  return true;
}
