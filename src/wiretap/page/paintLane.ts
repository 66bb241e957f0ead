import type { Lane } from './Lane';
import type { Layout } from './Layout';
import type { LaneColours, Palette } from './Palette';
import type { Mark } from './Row';
import type { View } from './View';

/** What a lane is drawn with. */
export interface Brush {
  readonly canvas: CanvasRenderingContext2D;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly view: View;
  /** Whether the user searches for this marble; undefined if there is no search. */
  readonly finds: ((mark: Mark) => boolean) | undefined;
  readonly selected: Mark | undefined;
}

/** Pixels that a column of a crowded lane is wide. */
const COLUMN = 3;
/** Marbles closer than this are a crowd. */
const CROWD = 5;
const CHARACTER = 6.7;

/**
 * Draws the bytes of one direction: marbles, with their first text if there is room for it, dots where they are close, and
 * columns of a logarithmic height where they are too many to tell apart. It costs the width of the lane, not the number of events.
 *
 * @param end - Where the connection ends.
 */
export function paintLane(brush: Brush, lane: Lane, colours: LaneColours, y: number, end: number): void {
  const { view, layout } = brush;
  const from = lane.at(view.from - Math.max(view.span * 0.02, 6_000));
  const to = lane.at(view.from + view.span);
  if (to - from > layout.lanes / CROWD) {
    paintColumns(brush, lane, colours, y, from, to);
    return;
  }
  const x = (mark: Mark) => layout.names + view.x(mark.time, layout.lanes);
  for (let i = from; i < to; i += 1) {
    const mark = lane.marks[i]!;
    const at = x(mark);
    if (mark.count > 1) {
      paintBand(brush, mark, colours, y, at);
      continue;
    }
    const next = lane.marks[i + 1];
    const before = i === 0 ? 1e3 : at - x(lane.marks[i - 1]!);
    const after = next === undefined ? Math.max(1, end - at) : x(next) - at;
    paintMarble(brush, mark, colours, y, at, Math.min(before, next === undefined ? 1e3 : after), after);
  }
}

function paintMarble(
  { canvas, layout, palette, finds, selected }: Brush,
  mark: Mark,
  { strong, fill }: LaneColours,
  y: number,
  x: number,
  room: number,
  after: number,
): void {
  const chosen = selected === mark;
  const found = finds?.(mark);
  const radius = Math.max(2, Math.min(layout.radius, room / 2 - 0.5));
  canvas.globalAlpha = found === false ? 0.22 : 1;
  if (radius < 4 && !chosen && found !== true) {
    const height = heightOf(1, layout);
    canvas.fillStyle = strong;
    canvas.fillRect(x - 1, y - height, 2, height * 2);
    canvas.globalAlpha = 1;
    return;
  }
  canvas.fillStyle = chosen ? strong : fill;
  canvas.strokeStyle = strong;
  canvas.lineWidth = 1.25;
  const letters = radius < 7 ? 0 : Math.max(1, Math.floor((Math.min(after - 8, 200) - 9) / CHARACTER));
  const text = letters < 1 ? '' : shorten(mark.preview, letters);
  const length = text === '' ? 0 : Math.max(0, text.length * CHARACTER + 10 - radius * 2);
  canvas.beginPath();
  if (length <= 0) canvas.arc(x, y, radius, 0, Math.PI * 2);
  else canvas.roundRect(x - radius, y - radius, radius * 2 + length, radius * 2, radius);
  canvas.fill();
  canvas.stroke();
  if (text !== '') {
    canvas.fillStyle = chosen ? palette.paper : palette.ink;
    canvas.font = `11px ${palette.mono}`;
    canvas.textAlign = 'center';
    canvas.fillText(text, x + length / 2, y + 0.5);
  }
  if (found === true || chosen) {
    canvas.strokeStyle = chosen ? strong : palette.accent;
    canvas.lineWidth = 2;
    canvas.beginPath();
    canvas.roundRect(x - radius - 3, y - radius - 3, radius * 2 + length + 6, radius * 2 + 6, radius + 3);
    canvas.stroke();
  }
  canvas.globalAlpha = 1;
}

/** Without the end of a line, which nearly every message has. */
function shorten(preview: string, letters: number): string {
  const text = preview.replace(/↵+$/, '');
  if (text.length <= letters) return text;
  return letters === 1 ? text.slice(0, 1) : `${text.slice(0, letters - 1)}…`;
}

/** A stretch with more than 2,000 events a second. */
function paintBand(
  { canvas, layout, view, finds, selected }: Brush,
  mark: Mark,
  { strong }: LaneColours,
  y: number,
  x: number,
): void {
  const width = Math.max(2, ((mark.until - mark.time) / view.span) * layout.lanes);
  const height = heightOf(mark.count, layout);
  canvas.globalAlpha = finds === undefined ? 0.75 : 0.2;
  canvas.fillStyle = strong;
  canvas.fillRect(x, y - height, width, height * 2);
  canvas.globalAlpha = 1;
  if (mark !== selected) return;
  canvas.strokeStyle = strong;
  canvas.lineWidth = 1.5;
  canvas.strokeRect(x - 2.5, y - height - 2.5, width + 5, height * 2 + 5);
}

function paintColumns(
  { canvas, layout, view, finds }: Brush,
  lane: Lane,
  { strong }: LaneColours,
  y: number,
  from: number,
  to: number,
): void {
  const step = (view.span / layout.lanes) * COLUMN;
  const { marks, counts } = lane;
  canvas.globalAlpha = finds === undefined ? 0.8 : 0.3;
  canvas.fillStyle = strong;
  canvas.beginPath();
  let i = from;
  while (i < to) {
    const column = Math.floor(marks[i]!.time / step);
    const end = (column + 1) * step;
    // Most columns have few marks: look near before searching far.
    let next = i + 1;
    while (next < to && next < i + 8 && marks[next]!.time < end) next += 1;
    if (next === i + 8) next = Math.min(to, lane.at(end));
    if (next <= i) next = i + 1;
    const count = counts[next - 1]! - counts[i]! + marks[i]!.count;
    const height = heightOf(count, layout);
    const x = layout.names + view.x(column * step, layout.lanes);
    canvas.rect(x, y - height, COLUMN - 0.75, height * 2);
    i = next;
  }
  canvas.fill();
  canvas.globalAlpha = 1;
}

function heightOf(count: number, { radius }: Layout): number {
  return Math.min(radius + 1, 1.5 + radius * 0.12 + Math.log2(1 + count) * (radius / 9));
}
