import type { VirtualTimeScheduler } from 'rxjs';

/**
 * Keeps the tasks of virtual time in order without sorting them all again for each new one.
 *
 * RxJS pushes a task and sorts the list, so 20,000 marbles took 20 s. All but the last are in order already: it is put in its
 * place.
 */
export function insertInOrder({ actions }: VirtualTimeScheduler): void {
  type Action = (typeof actions)[number];
  actions.sort = (compare) => {
    const action = actions.at(-1);
    if (action === undefined || compare === undefined) return actions;
    const isBefore = (other: Action | undefined) => other !== undefined && compare(action, other) < 0;
    if (!isBefore(actions.at(-2))) return actions;
    actions.pop();
    let [from, to] = [0, actions.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (isBefore(actions[middle])) to = middle;
      else from = middle + 1;
    }
    actions.splice(from, 0, action);
    return actions;
  };
}
