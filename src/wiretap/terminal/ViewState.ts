import type { WireEvent } from '../WireEvent';

/** A connection as the terminal draws it. */
export interface ViewConnection {
  readonly id: number;
  readonly client: string;
  readonly target: string;
  /** Milliseconds since 1970: the zero of the events' times. */
  readonly openedAt: number;
  /** Whose view the events are: `tx` is what this side sends. */
  readonly side: 'client' | 'server';
  readonly events: readonly WireEvent[];
  /** The newest event. */
  readonly last: WireEvent | undefined;
}

/** What the user looks at. */
export interface ViewState {
  readonly screen: 'list' | 'detail';
  /** Whether the keys are shown instead. */
  readonly help: boolean;
  /** The index of the time that a column takes, in `SCALES`. */
  readonly zoom: number;
  /** The time of the right edge in microseconds since 1970; `undefined` follows the newest. */
  readonly edge: number | undefined;
  /** The chosen connection, and in it the chosen event; `undefined` is the newest event. */
  readonly chosen: number | undefined;
  readonly event: number | undefined;
  readonly hex: boolean;
  readonly filter: string;
  readonly search: string;
  /** A text that is typed now. */
  readonly input: { readonly what: 'filter' | 'search'; readonly text: string } | undefined;
  /** Said in the last line until the next key. */
  readonly message: string;
}

/** How long a column may be, in microseconds. */
export type Scales = readonly number[];

/** The view at the beginning: it follows, 10 ms a column. */
export function initialViewState(): ViewState {
  return {
    screen: 'list',
    help: false,
    zoom: 12,
    edge: undefined,
    chosen: undefined,
    event: undefined,
    hex: false,
    filter: '',
    search: '',
    input: undefined,
    message: '',
  };
}
