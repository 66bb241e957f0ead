/** Where things are on the canvas. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The width of the names. */
  readonly names: number;
  /** The height of the axis. */
  readonly axis: number;
  readonly row: number;
  /** The distance of the two lanes, and the radius of a marble. */
  readonly gap: number;
  readonly radius: number;
  /** The width of the overview at the right. */
  readonly overview: number;
  readonly lanes: number;
}

/** The layout of a canvas of this size. */
export function makeLayout(width: number, height: number, compact: boolean): Layout {
  const names = width < 560 ? 96 : width < 900 ? 166 : 196;
  const overview = 14;
  const sizes = compact ? { row: 26, gap: 10, radius: 4 } : { row: 66, gap: 25, radius: 10 };
  return { width, height, names, axis: 30, overview, lanes: width - names - overview, ...sizes };
}
