/** A place in a test, so that a later failure can point to it. */
export class Place {
  private readonly stack?: string;

  /** @param above - The function that the test has called: its callers are the place. */
  constructor(above: (...args: never[]) => unknown) {
    Error.captureStackTrace(this, above);
  }

  /** Makes an error point to this place. */
  mark(error: Error): void {
    const { stack = '' } = this;
    const { code } = error as NodeJS.ErrnoException;
    const frames = stack.includes('\n    at ') ? stack.slice(stack.indexOf('\n    at ')) : '';
    error.stack = `${error.name}${code === undefined ? '' : ` [${code}]`}: ${error.message}${frames}`;
  }
}
