/** A place in a test, so that a later failure can point to it. */
export class Place {
  private readonly stack?: string;

  /** @param above - The function that the test has called: its callers are the place. */
  constructor(above: (...args: never[]) => unknown) {
    Error.captureStackTrace(this, above);
  }

  /** Makes an error point to this place. */
  mark(error: Error): void {
    const frames = this.stack?.slice(this.stack.indexOf('\n    at '));
    error.stack = `${error.name} [${(error as NodeJS.ErrnoException).code}]: ${error.message}${frames}`;
  }
}
