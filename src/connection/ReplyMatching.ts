import type { RequestCall } from './RequestCall';

/** Finds the request that a reply belongs to, on one connection. */
export interface ReplyMatching<Request, Reply> {
  /** How many requests may still be answered. */
  readonly size: number;
  /**
   * A request is about to be sent.
   *
   * @throws `TypeError` if its reply could not be told from another's.
   */
  add(call: RequestCall<Request, Reply>): void;
  /** The request was not sent after all; it was the last one. */
  undo(call: RequestCall<Request, Reply>): void;
  /** Whose reply it is; `'late'` for a request that has given up and is forgotten; `undefined` for a frame nobody asked for. */
  take(reply: Reply): RequestCall<Request, Reply> | 'late' | undefined;
  /** A request has given up. Returns whether it stays in line for its reply. */
  giveUp(call: RequestCall<Request, Reply>): boolean;
  /** Those that are in line, in the order in which they were sent; none is afterwards. */
  takeAll(): RequestCall<Request, Reply>[];
}
