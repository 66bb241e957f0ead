/** The callbacks for one signal of the system, behind one listener of the process. */
class Stops {
  private readonly stops = new Set<() => void>();
  // One listener for each signal: programs and tests emit signals themselves, with and without the name as argument.
  private readonly listener = () => {
    process.off(this.signal, this.listener);
    const called = [...this.stops];
    this.stops.clear();
    for (const stop of called) stop();
  };

  constructor(private readonly signal: NodeJS.Signals) {}

  add(stop: () => void): void {
    if (this.stops.size === 0) process.on(this.signal, this.listener);
    this.stops.add(stop);
  }

  delete(stop: () => void): void {
    if (this.stops.delete(stop) && this.stops.size === 0) process.off(this.signal, this.listener);
  }
}

const waiting = [new Stops('SIGINT'), new Stops('SIGTERM')];

/**
 * Calls `stop` at the next SIGINT and at the next SIGTERM.
 *
 * All callbacks share one listener of the process for each signal: Node warns of a leak at the eleventh listener. The signal
 * removes the listener, so a second Ctrl+C ends a program that hangs while it stops.
 *
 * @returns A function that removes `stop`.
 */
export function onTermination(stop: () => void): () => void {
  for (const stops of waiting) stops.add(stop);
  return () => {
    for (const stops of waiting) stops.delete(stop);
  };
}
