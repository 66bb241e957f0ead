import type { Mark, Row } from './Row';
import type { Viewer } from './Viewer';

/** Pixels that a pointer may move in a click. */
const SLOP = 4;
/** Pixels around a marble that still hit it. */
const REACH = 14;

/** Pans, zooms and selects with mouse, wheel and fingers. Returns what takes the listeners off. */
export function gestures(canvas: HTMLCanvasElement, viewer: Viewer): () => void {
  let press:
    | { x: number; y: number; from: number; scroll: number; moved: boolean; stretch: boolean; row?: Row }
    | undefined;
  let pinch: number | undefined;
  const touches = new Map<number, number>();

  const rowAt = (y: number): Row | undefined =>
    y < viewer.layout.axis
      ? undefined
      : viewer.rows[Math.floor((y - viewer.layout.axis + viewer.scroll) / viewer.layout.row)];
  const timeAt = (x: number): number => viewer.view.time(x - viewer.layout.names, viewer.layout.lanes);

  const onDown = (event: PointerEvent): void => {
    const { offsetX: x, offsetY: y } = event;
    canvas.setPointerCapture(event.pointerId);
    touches.set(event.pointerId, x);
    const row = rowAt(y);
    const stretch = event.shiftKey && row !== undefined && x > viewer.layout.names;
    press = { x, y, from: viewer.view.from, scroll: viewer.scroll, moved: false, stretch, ...(row && { row }) };
  };

  const onMove = (event: PointerEvent): void => {
    const { offsetX: x, offsetY: y } = event;
    viewer.pointer = x;
    viewer.hovered = rowAt(y);
    viewer.changed();
    if (touches.has(event.pointerId)) touches.set(event.pointerId, x);
    if (touches.size === 2) {
      const [one, other] = [...touches.values()] as [number, number];
      const distance = Math.max(10, Math.abs(one - other));
      if (pinch !== undefined) viewer.view.zoom(pinch / distance, timeAt((one + other) / 2));
      pinch = distance;
      press = undefined;
      return;
    }
    if (press === undefined) return;
    if (Math.abs(x - press.x) > SLOP || Math.abs(y - press.y) > SLOP) press.moved = true;
    if (!press.moved) return;
    if (press.stretch && press.row !== undefined) {
      const [from, to] = [timeAt(press.x), timeAt(x)].sort((one, other) => one - other) as [number, number];
      if (viewer.row !== press.row) viewer.select(press.row);
      viewer.stretch = { row: press.row, from, to };
      viewer.copied = undefined;
    } else {
      const { view, layout } = viewer;
      if (press.x > layout.names && Math.abs(x - press.x) > SLOP) {
        view.following = false;
        view.from = press.from - ((x - press.x) / layout.lanes) * view.span;
      }
      viewer.scrollTo(press.scroll - (y - press.y));
    }
  };

  const onUp = (event: PointerEvent): void => {
    touches.delete(event.pointerId);
    pinch = undefined;
    if (press === undefined || press.moved) {
      press = undefined;
      return;
    }
    const { x, y, row } = press;
    press = undefined;
    if (x > viewer.layout.width - viewer.layout.overview) jump(y);
    else if (row !== undefined) viewer.select(row, markAt(row, x, y));
    else viewer.select(undefined);
  };

  const jump = (y: number): void => {
    const { axis, height, row } = viewer.layout;
    viewer.scrollTo(((y - axis) / (height - axis)) * viewer.rows.length * row - (height - axis) / 2);
    viewer.changed();
  };

  /** The marble under the pointer, or the nearest one of the lane. */
  const markAt = (row: Row, x: number, y: number): Mark | undefined => {
    const { axis, row: height, names, lanes } = viewer.layout;
    if (x < names) return undefined;
    const inRow = (y - axis + viewer.scroll) % height;
    const lane = row.lanes[inRow < height / 2 ? 0 : 1];
    const time = timeAt(x);
    const reach = (REACH / lanes) * viewer.view.span;
    const after = lane.at(time);
    const near = [lane.marks[after - 1], lane.marks[after], ...row.turns].filter((mark) => mark !== undefined);
    const distance = (mark: Mark) => (time > mark.until ? time - mark.until : mark.time > time ? mark.time - time : 0);
    const best = near.reduce<Mark | undefined>(
      (one, other) => (one === undefined || distance(other) < distance(one) ? other : one),
      undefined,
    );
    if (best !== undefined && distance(best) <= reach) return best;
    // The text of a long marble belongs to it.
    const before = lane.marks[after - 1];
    return before !== undefined && before.count === 1 && time - before.time < reach * 10 ? before : undefined;
  };

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { view, layout } = viewer;
    const unit = event.deltaMode === 1 ? 16 : 1;
    const [across, down] = [event.deltaX * unit, event.deltaY * unit];
    if (event.shiftKey || event.offsetX < layout.names || event.offsetX > layout.names + layout.lanes) {
      viewer.scrollTo(viewer.scroll + (down || across));
    } else if (Math.abs(across) > Math.abs(down)) {
      view.pan(across / layout.lanes);
    } else {
      const around = view.following ? view.from + view.span : timeAt(event.offsetX);
      view.zoom(1.0016 ** Math.max(-400, Math.min(400, down)), around);
    }
    viewer.changed();
  };

  const onLeave = (): void => {
    viewer.pointer = undefined;
    viewer.hovered = undefined;
    viewer.changed();
  };

  const onDouble = (event: MouseEvent): void => viewer.fit(rowAt(event.offsetY));

  const listeners = {
    pointerdown: onDown,
    pointermove: onMove,
    pointerup: onUp,
    pointercancel: onUp,
    pointerleave: onLeave,
    wheel: onWheel,
    dblclick: onDouble,
  } as unknown as Record<string, (event: Event) => void>;
  for (const [name, listener] of Object.entries(listeners)) canvas.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) canvas.removeEventListener(name, listener);
  };
}
