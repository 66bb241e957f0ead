/** Collects uncaught errors of promises and callbacks, instead of ending the process. */
export class StrayErrors {
  readonly found: string[] = [];
  private readonly collect = (error: unknown) => {
    this.found.push(`nobody caught: ${String((error as Error)?.stack ?? error)}`);
  };

  constructor() {
    process.on('unhandledRejection', this.collect).on('uncaughtException', this.collect);
  }

  stop(): void {
    process.off('unhandledRejection', this.collect).off('uncaughtException', this.collect);
  }
}
