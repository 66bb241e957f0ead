/** One operation that is traced. It is over once. */
export class Trace<Message extends object> {
  private over = false;

  constructor(
    readonly message: Message,
    private readonly conclude: (outcome: Partial<Message>, tell: () => void) => void,
  ) {}

  /**
   * Ends an operation, traced or not.
   *
   * @param outcome - What the message has more from now on. Called only for a trace that is not over.
   * @param tell - Always called: what the end of the operation leads to, inside the stores that are bound to `asyncStart`.
   */
  static settle<Message extends object>(
    trace: Trace<Message> | undefined,
    outcome: () => Partial<Message>,
    tell: () => void = nothing,
  ): void {
    if (trace === undefined || trace.over) {
      tell();
      return;
    }
    trace.over = true;
    trace.conclude(outcome(), tell);
  }
}

const nothing = () => {};
