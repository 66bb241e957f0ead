/** A contender that is not installed: the table says so, and the bench goes on. */
export class NotInstalled extends Error {
  constructor(readonly peer: string) {
    super(`Cannot measure ${peer}: it is not installed`);
  }
}
