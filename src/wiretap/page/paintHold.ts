import type { Brush } from './paintLane';
import type { Interval } from './Row';

/** Draws what holds a lane: bands from when it was held until it went on. */
export function paintHold(
  { canvas, layout, view }: Brush,
  intervals: readonly Interval[],
  colour: string,
  y: number,
  now: number,
): void {
  for (let i = intervals.length - 1; i >= 0; i -= 1) {
    const { from, to = now } = intervals[i]!;
    if (from > view.from + view.span) continue;
    if (to < view.from) break;
    const left = Math.max(layout.names, layout.names + view.x(from, layout.lanes));
    const right = Math.min(layout.names + layout.lanes, layout.names + view.x(to, layout.lanes));
    const half = layout.radius + 2;
    const width = Math.max(1.5, right - left);
    canvas.fillStyle = colour;
    canvas.globalAlpha = 0.2;
    canvas.fillRect(left, y - half, width, half * 2);
    canvas.globalAlpha = 1;
    canvas.fillRect(left, y + half - 1.5, width, 1.5);
  }
}
