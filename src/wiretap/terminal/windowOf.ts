import type { TimeWindow } from './marbleRows';
import { scales } from './scales';
import type { ViewState } from './ViewState';

/** The width of the labels before the rows. */
const LABEL = 8;

/** The window of time that a screen of this width shows. */
export function windowOf({ edge, zoom }: Pick<ViewState, 'edge' | 'zoom'>, now: number, width: number): TimeWindow {
  const scale = scales[zoom] as number;
  const columns = Math.max(1, width - LABEL);
  // Columns keep their place on the clock, so that marbles do not change while the time goes on.
  const end = (Math.floor((edge ?? now) / scale) + 1) * scale;
  return { start: end - columns * scale, scale, columns };
}
