import type { Layout } from './Layout';
import { paintHold } from './paintHold';
import { type Brush, paintLane } from './paintLane';
import { paintTurns } from './paintTurns';
import type { Row } from './Row';
import { bytesText, ticksOf } from './units';
import type { Viewer } from './Viewer';

/** Draws all that the canvas shows, and returns how many rows it drew. Rows that can't be seen cost nothing. */
export function paintRows(brush: Brush, viewer: Viewer): number {
  const { canvas, layout, palette } = brush;
  const { rows, scroll } = viewer;
  canvas.fillStyle = palette.paper;
  canvas.fillRect(0, 0, layout.width, layout.height);
  canvas.textBaseline = 'middle';
  const ticks = paintGrid(brush);

  const first = Math.max(0, Math.floor(scroll / layout.row));
  const last = Math.min(rows.length, Math.ceil((scroll + layout.height - layout.axis) / layout.row));
  for (let i = first; i < last; i += 1) {
    paintRow(brush, viewer, rows[i]!, layout.axis + i * layout.row - scroll);
  }
  paintStretch(brush, viewer);
  paintAxis(brush, viewer, ticks);
  paintOverview(brush, viewer);
  return last - first;
}

/** The place of the lanes in a row. */
function lanesOf(layout: Layout, y: number): [top: number, bottom: number] {
  const middle = y + layout.row / 2;
  return [middle - layout.gap / 2, middle + layout.gap / 2];
}

function paintRow(brush: Brush, viewer: Viewer, row: Row, y: number): void {
  const { canvas, layout, palette, view } = brush;
  const { names, lanes } = layout;
  const chosen = viewer.row === row;
  if (chosen || viewer.hovered === row) {
    canvas.fillStyle = chosen ? palette.raised : palette.hover;
    canvas.fillRect(0, y, layout.width - layout.overview, layout.row);
  }
  canvas.fillStyle = palette.line;
  canvas.fillRect(0, Math.round(y + layout.row) - 1, layout.width - layout.overview, 1);

  const [top, bottom] = lanesOf(layout, y);
  canvas.save();
  canvas.beginPath();
  canvas.rect(names, y, lanes, layout.row);
  canvas.clip();
  const start = Math.max(names, names + view.x(row.firstTime, lanes));
  const end = Math.min(names + lanes, names + view.x(row.state === 'open' ? viewer.now() : row.lastTime, lanes));
  if (end > start) {
    canvas.fillStyle = palette.faint;
    for (const lane of [top, bottom]) canvas.fillRect(start, Math.round(lane) - 0.5, end - start, 1);
  }
  const at = [top, bottom] as const;
  paintHold(brush, row.held, palette.held, at[row.laneOf('rx')], viewer.now());
  paintHold(brush, row.pressure, palette.pressure, at[row.laneOf('tx')], viewer.now());
  paintTurns(brush, row, top, bottom);
  const finds = viewer.finder(row);
  const last = row.state === 'open' ? Infinity : names + view.x(row.lastTime, lanes);
  for (const i of [0, 1] as const) paintLane({ ...brush, finds }, row.lanes[i], palette.lanes[i], at[i], last);
  canvas.restore();
  paintName(brush, row, y, chosen);
}

function paintName({ canvas, layout, palette }: Brush, row: Row, y: number, chosen: boolean): void {
  const { names, gap } = layout;
  const [top, bottom] = lanesOf(layout, y);
  const roomy = gap > 15;
  const wide = names > 120;
  canvas.textAlign = 'left';
  canvas.fillStyle =
    row.state === 'reset' ? palette.bad : row.state === 'open' ? palette.lanes[1].strong : palette.faint;
  canvas.beginPath();
  canvas.arc(13, roomy ? top : (top + bottom) / 2, 3.5, 0, Math.PI * 2);
  canvas.fill();
  canvas.fillStyle = chosen ? palette.accent : palette.ink;
  canvas.font = `600 12px ${palette.text}`;
  const number = `#${row.id}`;
  canvas.fillText(number, 23, roomy ? top : (top + bottom) / 2);
  const after = 23 + canvas.measureText(number).width + 7;
  canvas.font = `11.5px ${palette.mono}`;
  canvas.fillStyle = palette.soft;
  const letters = Math.floor((names - after - (roomy && wide ? 18 : 4)) / 7);
  canvas.fillText(
    row.client.length > letters ? portOf(row.client) : row.client,
    after,
    roomy ? top : (top + bottom) / 2,
  );
  if (!roomy) return;
  canvas.font = `11px ${palette.text}`;
  const [to, back] = row.lanes;
  canvas.fillText(`→ ${bytesText(to.bytes)}`, 23, bottom);
  if (!wide) return;
  canvas.fillText(`← ${bytesText(back.bytes)}`, 23 + Math.min(73, (names - 36) / 2), bottom);
  canvas.textAlign = 'right';
  canvas.font = `12px ${palette.text}`;
  canvas.fillStyle = palette.lanes[0].strong;
  canvas.fillText('→', names - 8, top);
  canvas.fillStyle = palette.lanes[1].strong;
  canvas.fillText('←', names - 8, bottom);
}

function portOf(address: string): string {
  return /:\d+$/.exec(address)?.[0] ?? address;
}

function paintGrid(brush: Brush): ReturnType<typeof ticksOf> {
  const { canvas, layout, palette, view } = brush;
  const axis = ticksOf(view.from, view.span, layout.lanes);
  canvas.fillStyle = palette.line;
  for (const { time } of axis.ticks) {
    canvas.fillRect(Math.round(layout.names + view.x(time, layout.lanes)), layout.axis, 1, layout.height);
  }
  return axis;
}

function paintAxis(brush: Brush, viewer: Viewer, { anchor, ticks }: ReturnType<typeof ticksOf>): void {
  const { canvas, layout, palette, view } = brush;
  const { names, lanes, axis } = layout;
  canvas.fillStyle = palette.paper;
  canvas.fillRect(0, 0, layout.width, axis);
  canvas.fillStyle = palette.faint;
  canvas.fillRect(0, axis - 1, layout.width, 1);
  canvas.fillRect(names - 1, 0, 1, layout.height);
  canvas.font = `11px ${palette.text}`;
  canvas.fillStyle = palette.soft;
  canvas.textAlign = 'right';
  canvas.fillText(anchor, names - 10, axis / 2);
  canvas.textAlign = 'left';
  for (const { time, label } of ticks) {
    const x = names + view.x(time, lanes);
    canvas.fillRect(Math.round(x), axis - 6, 1, 5);
    if (x + 50 < names + lanes) canvas.fillText(label, x + 5, axis / 2);
  }
  const { pointer } = viewer;
  if (pointer === undefined || pointer < names || pointer > names + lanes) return;
  canvas.fillStyle = palette.accent;
  canvas.globalAlpha = 0.5;
  canvas.fillRect(pointer, 0, 1, layout.height);
  canvas.globalAlpha = 1;
}

function paintStretch(brush: Brush, { stretch, rows, scroll }: Viewer): void {
  if (stretch === undefined) return;
  const { canvas, layout, palette, view } = brush;
  const at = rows.indexOf(stretch.row);
  if (at < 0) return;
  const left = Math.max(layout.names, layout.names + view.x(stretch.from, layout.lanes));
  const right = Math.min(layout.names + layout.lanes, layout.names + view.x(stretch.to, layout.lanes));
  if (right <= left) return;
  const y = layout.axis + at * layout.row - scroll;
  canvas.fillStyle = palette.accent;
  canvas.globalAlpha = 0.14;
  canvas.fillRect(left, y, right - left, layout.row - 1);
  canvas.globalAlpha = 1;
  canvas.fillRect(left, y, 1.5, layout.row - 1);
  canvas.fillRect(right - 1.5, y, 1.5, layout.row - 1);
}

/** All rows in a strip: which are busy, which broke, and which of them are in sight. */
function paintOverview({ canvas, layout, palette }: Brush, viewer: Viewer): void {
  const { rows, scroll } = viewer;
  const { axis, overview, width } = layout;
  const left = width - overview;
  const height = layout.height - axis;
  const whole = rows.length * layout.row;
  canvas.fillStyle = whole <= height ? palette.paper : palette.raised;
  canvas.fillRect(left, axis, overview, height);
  if (whole <= height) return;
  const recent = viewer.now() - 1e6;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i]!;
    const y = axis + (i / rows.length) * height;
    canvas.fillStyle =
      row.state === 'reset' ? palette.bad : row.lastTime > recent ? palette.lanes[1].strong : palette.faint;
    canvas.fillRect(left + 4, y, overview - 8, Math.max(1, height / rows.length - 0.5));
  }
  canvas.strokeStyle = palette.ink;
  canvas.lineWidth = 1.5;
  const top = axis + (scroll / whole) * height;
  canvas.strokeRect(left + 1.5, top + 0.75, overview - 3, Math.max(6, (height / whole) * height) - 1.5);
}
