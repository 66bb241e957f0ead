/**
 * Calls back whenever the event loop is quiet: all ticks are done, and all promises that could go on have gone on.
 *
 *     look ──► what it woke: ticks, reactions of promises, and what those woke ──► look ──► …
 *
 * Node drains ticks and reactions, until there are no more of them, before each callback of `setImmediate`. So each look is
 * such a callback. A turn of the event loop costs four times as much as a callback; so a turn has several of them, and those that come after a look
 * which wants a real turn do nothing.
 */
// As it was when the kit was loaded: a run replaces it, and so do fake timers.
import { setImmediate, setTimeout } from 'node:timers';

/** What a look has found: go on at the next quiet moment; after a real turn of the event loop; after a real millisecond; or it is over. */
export type Finding = 'again' | 'turn' | 'wait' | 'over';

/** How many looks a turn of the event loop has. */
const LOOKS = 16;

const immediate = setImmediate;
const timeout = setTimeout;

/** @returns Resolves when a look says that it is over; rejects with what one throws. */
export function whenQuiet(look: () => Finding): Promise<void> {
  return new Promise((resolve, reject) => {
    let turn = 0;
    let left = 0;
    const lookOnce = (of: number) => {
      if (of !== turn) return;
      let found: Finding;
      try {
        found = look();
      } catch (error) {
        turn++;
        reject(error);
        return;
      }
      left--;
      if (found === 'over') {
        turn++;
        resolve();
      } else if (found === 'wait') {
        turn++;
        timeout(begin, 1);
      } else if (found === 'turn' || left === 0) {
        begin();
      }
    };
    const begin = () => {
      const of = ++turn;
      left = LOOKS;
      for (let i = 0; i < LOOKS; i++) immediate(lookOnce, of);
    };
    begin();
  });
}
