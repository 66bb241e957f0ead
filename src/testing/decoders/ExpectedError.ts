/** That a reading is to fail, and with what. */
export class ExpectedError {
  /** @param like - A class, a regular expression, an object with some fields, an error or a matcher. */
  constructor(readonly like: unknown) {}
}
