/**
 * Which errors say no more than that a certain connection is over.
 *
 * Their class doesn't tell: another connection's errors have the same. So what makes such an error notes here whom it speaks
 * of: a reader's loop, a writer or a connection. Nothing is kept longer than the errors are, and a connection that has none
 * takes no memory.
 */
import { IncompleteReadError } from './errors';

const subjects = new WeakMap<object, object>();
/** For loops that are fed by another reader, which they ended with: the loop of that one. */
const origins = new WeakMap<object, object>();
/** Those of whose end on this side a read was told by its completion. */
const completed = new WeakSet<object>();

export const endErrors = {
  /** Notes that an error only says that `subject` is over. Returns the error. */
  mark<T>(error: T, subject: object): T {
    if (error instanceof Error) subjects.set(error, origins.get(subject) ?? subject);
    return error;
  },

  /** As {@link endErrors.mark}, where it says that a frame was cut by the end. */
  markCut<T>(error: T, subject: object): T {
    return error instanceof IncompleteReadError ? endErrors.mark(error, subject) : error;
  },

  /** Whether an error only says that `subject` is over. */
  speaksOf(error: Error, subject: object): boolean {
    return subjects.get(error) === subject;
  },

  /** A read of `subject` has completed because `subject` was ended on this side. */
  completes(subject: object): void {
    completed.add(subject);
  },

  /** Whether a read of `subject` has completed because it was ended on this side. */
  hasCompleted(subject: object): boolean {
    return completed.has(subject);
  },

  /** A loop has ended inside of a delivery of `origin`: where that is told of an end on this side, it is the same end. */
  follows(loop: object, origin: object | undefined): void {
    if (origin === undefined) return;
    const first = origins.get(origin) ?? origin;
    if (completed.has(first)) origins.set(loop, first);
  },
};
