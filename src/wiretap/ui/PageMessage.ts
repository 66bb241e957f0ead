/**
 * One event as the page gets it, without its bytes: the number, microseconds, the index of its kind in `WIRE_EVENT_KINDS`, how
 * many bytes, and the first of them as text.
 */
export type PageMark = readonly [seq: number, time: number, kind: number, bytes: number, preview?: string];

/** Many events of one kind that came close together: `kind` is that of the events, less 100. */
export type PageBand = readonly [
  seq: number,
  time: number,
  kind: number,
  bytes: number,
  count: number,
  until: number,
  lastSeq: number,
];

/** What is new of one connection. */
export interface PageNews {
  readonly id: number;
  /** Present in the first news of a connection. */
  readonly about?: {
    readonly client: string;
    readonly target: string;
    readonly openedAt: number;
    readonly side: 'client' | 'server';
  };
  readonly marks: readonly (PageMark | PageBand)[];
}

/** One message of the stream that a page reads. */
export interface PageMessage {
  /** Milliseconds since 1970, when it was made. */
  readonly now: number;
  readonly news: readonly PageNews[];
  /** The connections that the server no longer has. */
  readonly gone?: readonly number[];
}

/** One event with its bytes, as the page asks for it. */
export interface PageEvent {
  readonly seq: number;
  readonly time: number;
  readonly kind: string;
  readonly bytes?: number;
  /** The bytes that were kept, in base64. */
  readonly data?: string;
  /** The frames that end in this event. */
  readonly frames?: readonly string[];
}
