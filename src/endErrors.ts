/**
 * Which errors only say that a certain connection is over.
 *
 * The class of an error is not enough: errors of other connections have the same class. So the code that makes such an error
 * notes its subject here: the loop of a reader, a writer or a connection. The notes live as long as the errors, and a connection
 * without such errors takes no memory.
 */
import { IncompleteReadError } from './errors';

const subjects = new WeakMap<object, object>();
/** For a loop that another reader feeds, and that ended with it: the loop of that reader. */
const origins = new WeakMap<object, object>();
/** The subjects that this side ended, and whose read was told so by its completion. */
const completed = new WeakSet<object>();

export const endErrors = {
  /** Notes that an error only says that `subject` is over. Returns the error. */
  mark<T>(error: T, subject: object): T {
    if (error instanceof Error) subjects.set(error, origins.get(subject) ?? subject);
    return error;
  },

  /** As {@link endErrors.mark}, for an error that says that the end cut a frame. */
  markCut<T>(error: T, subject: object): T {
    return error instanceof IncompleteReadError ? endErrors.mark(error, subject) : error;
  },

  /** Whether an error only says that `subject` is over. */
  speaksOf(error: Error, subject: object): boolean {
    return subjects.get(error) === subject;
  },

  /** Notes that a read of `subject` has completed because this side ended `subject`. */
  completes(subject: object): void {
    completed.add(subject);
  },

  /** Whether a read of `subject` has completed because this side ended it. */
  hasCompleted(subject: object): boolean {
    return completed.has(subject);
  },

  /** Notes that a loop has ended inside a delivery of `origin`: if this side ended `origin`, it is the same end. */
  follows(loop: object, origin: object | undefined): void {
    if (origin === undefined) return;
    const first = origins.get(origin) ?? origin;
    if (completed.has(first)) origins.set(loop, first);
  },
};
