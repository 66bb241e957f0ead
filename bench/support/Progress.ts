/** A progress bar at the bottom of a terminal. Without a terminal it prints nothing. */
export class Progress {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {}

  /** One step begins. */
  step(what: string): void {
    const share = Math.min(1, this.done++ / this.total);
    const full = Math.round(share * 30);
    this.draw(`${'█'.repeat(full)}${'░'.repeat(30 - full)} ${Math.round(share * 100)} %  ${what}`);
  }

  /** Removes the bar, so that something can be printed. */
  clear(): void {
    this.draw('');
  }

  private draw(line: string): void {
    if (this.out.isTTY) this.out.write(`\r\x1b[2K${line.slice(0, this.out.columns - 1)}`);
  }
}
