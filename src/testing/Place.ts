/** Where in a test something was written, so that a failure which shows later can point to it. */
export class Place {
  private readonly stack?: string;

  /** @param above - The function that the test has called: its callers are the place. */
  constructor(above: (...args: never[]) => unknown) {
    Error.captureStackTrace(this, above);
  }

  /** Makes this the place of an error, in place of where it was made. */
  mark(error: Error): void {
    const { stack = '' } = this;
    const { code } = error as NodeJS.ErrnoException;
    const frames = stack.includes('\n    at ') ? stack.slice(stack.indexOf('\n    at ')) : '';
    error.stack = `${error.name}${code === undefined ? '' : ` [${code}]`}: ${error.message}${frames}`;
  }
}
