/**
 * Runs a task in the next turn of the event loop, when the timers and the other connections have had theirs.
 *
 * @returns True: it will.
 */
export function nextTurn(task: () => void): true {
  setImmediate(task);
  return true;
}
