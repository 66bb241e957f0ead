import type { Observable } from 'rxjs';

/** A line as a member has said it. */
export interface Draft {
  /** The same when a line is sent again: it is stored once. */
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

/** A line that is stored. */
export interface Line extends Draft {
  /** Grows from line to line of a room, not always by one. */
  readonly seq: number;
}

/** What all rooms have said: the one thing that the workers share. */
export interface History {
  /**
   * Stores a line.
   *
   * @returns Its number; that of the first time if the same id comes again. Rejects if it can't tell whether the line is stored: call it
   *   again, with the same id.
   */
  append(room: string, draft: Draft): Promise<number>;
  /**
   * The lines of a room behind a number: those that are stored, and those to come. In order, each once. It never ends, and recovers by
   * itself.
   */
  follow(room: string, after: number): Observable<Line>;
  /** The highest number so far, of all rooms. Rejects if it is not known now. */
  newest(): Promise<number>;
  /** Stored lines of a room with `after < seq ≤ upTo`, the oldest first, at most `most`. Rejects if the history is away. */
  page(room: string, after: number, upTo: number, most: number): Promise<readonly Line[]>;
  close(): Promise<void>;
}
