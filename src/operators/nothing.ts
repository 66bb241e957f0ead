import { type Observable, of } from 'rxjs';

const EMPTY = /* @__PURE__ */ Buffer.alloc(0);

/**
 * No bytes at all: one empty Buffer at once, whatever the source is doing, as the promise methods answer for 0 bytes.
 */
export function nothing(): Observable<Buffer> {
  return of(EMPTY);
}
