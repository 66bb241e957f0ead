import { describeError } from './describeError';

/** Why the command can't go on. It prints the message and ends with exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  /** @param what - What it can't do: `Cannot read talk.jsonl`. */
  constructor(what: string, cause: unknown) {
    super(`${what}: ${describeError(cause)}`, { cause });
  }
}
