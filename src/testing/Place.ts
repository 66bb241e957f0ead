/** Where in a test something was written, so that a failure which shows later can point to it. */
export class Place {
  private readonly stack?: string;

  /** @param above - The function that the test has called: its callers are the place. */
  constructor(above: (...args: never[]) => unknown) {
    Error.captureStackTrace(this, above);
  }

  /** Makes this the place of an error, in place of where it was made. */
  mark(error: Error): void {
    const frames = this.stack?.slice(this.stack.indexOf('\n    at '));
    error.stack = `${error.name} [${(error as NodeJS.ErrnoException).code}]: ${error.message}${frames}`;
  }
}
