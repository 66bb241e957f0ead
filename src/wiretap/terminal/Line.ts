/** What a piece of text is: the painter chooses its colour. */
export type Style = 'plain' | 'dim' | 'bold' | 'client' | 'server' | 'held' | 'broken' | 'chosen' | 'bar';

/** A piece of a line. Its text takes a column for each character, and has no control characters. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of the screen. */
export type Line = readonly Span[];
