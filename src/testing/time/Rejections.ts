/**
 * Rejections that nobody handles while a run is on: they fail the run, and nothing else, as an error does that is thrown in virtual time.
 */
export class Rejections {
  private first: { readonly error: unknown } | undefined;
  private readonly others = process.listeners('unhandledRejection');
  private ignoring = false;

  constructor() {
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', this.note);
  }

  /** @throws The first one. */
  throwFirst(): void {
    if (this.first !== undefined) throw this.first.error;
  }

  /** From now on nobody is to blame for one: everything is being destroyed. */
  ignore(): void {
    this.ignoring = true;
  }

  /** The listeners that there were are back. */
  stop(): void {
    process.off('unhandledRejection', this.note);
    for (const listener of this.others) process.on('unhandledRejection', listener);
  }

  private readonly note = (error: unknown): void => {
    if (!this.ignoring) this.first ??= { error };
  };
}
