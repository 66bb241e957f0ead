import { nextTurn } from './nextTurn';

/** In milliseconds. */
const MAX_TURN = 10;
/** Looking at the clock costs as much as a small write: most who ask are told without. */
const CALLS_PER_LOOK = 16;

let calls = 0;
let began: number | undefined;
const forget = () => {
  began = undefined;
};

/**
 * Whether this turn of the event loop has taken so long that whoever awaits something should let the others have theirs.
 *
 * A kernel that takes all that it is given, and promises that are settled already, never give the turn back by themselves.
 *
 * @param look - Looks at the clock at once; else one call in sixteen does.
 */
export function turnIsLong(look: boolean): boolean {
  if (!look && ++calls % CALLS_PER_LOOK !== 0) return false;
  const now = performance.now();
  if (began !== undefined) return now - began > MAX_TURN;
  began = now;
  nextTurn(forget);
  return false;
}
