import { placeIn } from './placeIn';

/** Operators put many lines between a program and us. */
const LINES = 60;

/** Where something is done, while it is done: cheap, because the stack is made into text only if somebody asks. */
export class Site {
  readonly stack?: string;

  constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = LINES;
    Error.captureStackTrace(this);
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** The innermost line of the program, as a stack has it; `undefined` if there is none. */
  get place(): string | undefined {
    return placeIn(this.stack ?? '');
  }

  /** The method of a reader which that line has called, `'readLine'`; `undefined` where it has called something else. */
  get call(): string | undefined {
    const lines = (this.stack ?? '').split('\n').map((line) => line.trim());
    const below = lines[lines.indexOf(this.place ?? '') - 1] ?? '';
    return /^at (?:async )?(?:StreamReader|SourceReader)\.(\w+) /.exec(below)?.[1];
  }
}
