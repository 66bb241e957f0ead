import type { Brush } from './paintLane';
import type { Mark, Row } from './Row';

/** Draws the events without bytes: the start, FIN, reset, TLS, the end and what was lost. */
export function paintTurns(brush: Brush, row: Row, top: number, bottom: number): void {
  const { layout, view, palette } = brush;
  const middle = (top + bottom) / 2;
  for (const mark of row.turns) {
    if (mark.time < view.from || mark.time > view.from + view.span) continue;
    const x = layout.names + view.x(mark.time, layout.lanes);
    if (mark.kind === 'open') ring(brush, x, middle, palette.soft);
    else if (mark.kind === 'fin-in' || mark.kind === 'fin-out') {
      const lane = row.fromClient(mark) === true ? 0 : 1;
      bar(brush, x, lane === 0 ? top : bottom, palette.lanes[lane].strong);
    } else if (mark.kind === 'reset') cross(brush, x, middle);
    else if (mark.kind === 'tls') lock(brush, x, middle);
    else if (mark.kind === 'close') dot(brush, x, middle);
    else if (mark.kind === 'gap') gap(brush, mark, x, top, bottom);
    else continue;
    if (mark === brush.selected) ring(brush, x, middle, palette.accent, layout.radius + 3);
  }
}

function ring({ canvas, layout, palette }: Brush, x: number, y: number, colour: string, radius?: number): void {
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5;
  canvas.beginPath();
  canvas.arc(x, y, radius ?? Math.min(3.5, layout.radius), 0, Math.PI * 2);
  if (radius === undefined) {
    canvas.fillStyle = palette.paper;
    canvas.fill();
  }
  canvas.stroke();
}

function dot({ canvas, layout, palette }: Brush, x: number, y: number): void {
  canvas.fillStyle = palette.soft;
  const size = Math.min(3, layout.radius);
  canvas.fillRect(x - size, y - size, size * 2, size * 2);
}

function bar({ canvas, layout }: Brush, x: number, y: number, colour: string): void {
  canvas.fillStyle = colour;
  canvas.fillRect(x - 1.25, y - layout.radius - 1, 2.5, layout.radius * 2 + 2);
}

function cross({ canvas, layout, palette }: Brush, x: number, y: number): void {
  const size = Math.min(7, layout.radius);
  canvas.strokeStyle = palette.bad;
  canvas.lineWidth = 2.5;
  canvas.lineCap = 'round';
  canvas.beginPath();
  canvas.moveTo(x - size, y - size);
  canvas.lineTo(x + size, y + size);
  canvas.moveTo(x + size, y - size);
  canvas.lineTo(x - size, y + size);
  canvas.stroke();
  canvas.lineCap = 'butt';
}

function lock({ canvas, layout, palette }: Brush, x: number, y: number): void {
  const size = Math.min(5, layout.radius);
  canvas.strokeStyle = palette.accent;
  canvas.fillStyle = palette.accent;
  canvas.lineWidth = 1.5;
  canvas.beginPath();
  canvas.arc(x, y - size * 0.3, size * 0.62, Math.PI, 0);
  canvas.stroke();
  canvas.beginPath();
  canvas.roundRect(x - size, y - size * 0.3, size * 2, size * 1.5, 1.5);
  canvas.fill();
}

/** A broken line: here the tap has dropped events. */
function gap({ canvas, palette }: Brush, _mark: Mark, x: number, top: number, bottom: number): void {
  canvas.strokeStyle = palette.bad;
  canvas.lineWidth = 1.25;
  canvas.setLineDash([2, 3]);
  canvas.beginPath();
  for (const shift of [-2.5, 2.5]) {
    canvas.moveTo(x + shift, top - 8);
    canvas.lineTo(x + shift, bottom + 8);
  }
  canvas.stroke();
  canvas.setLineDash([]);
}
