import { inspect } from 'node:util';
import { promiseHooks } from 'node:v8';
import { Site } from '../Site';

/** Something waits for a promise: `await`, `then`. */
interface Wait {
  readonly promise: Promise<unknown>;
  readonly at: Site;
}

/** The lines that wait for promises in a run. On an engine without `v8.promiseHooks` it is empty. */
export class PromiseLog {
  private readonly waits = new Map<Promise<unknown>, Wait[]>();
  private readonly unhook: () => void;
  private muted = false;
  private own: Promise<unknown> | undefined;

  /** Set for a run in which promises go on: then it forgets those that are settled. A synchronous run leaves them behind, too. */
  forgets = false;

  constructor() {
    this.unhook = hook(
      (promise) => this.note(promise),
      (promise) => {
        if (this.forgets) this.waits.delete(promise);
      },
    );
  }

  /**
   * What the kit itself waits for is left out, and so is its promise, for which the test waits.
   *
   * @param begin - Starts the work of the kit.
   */
  leaveOut<T>(begin: () => Promise<T>): Promise<T> {
    this.muted = true;
    try {
      const own = begin();
      this.own = own;
      return own;
    } finally {
      this.muted = false;
    }
  }

  /** Ends the log; what it has stays. */
  stop(): void {
    this.unhook();
  }

  /** The lines of the program that wait for a promise which is pending. */
  get pending(): string[] {
    return this.placesOf([...this.waits.values()].flat().filter(({ promise }) => isPending(promise)));
  }

  /** The lines of the program that have not gone on: all, in a run without promises. */
  get left(): string[] {
    return this.placesOf([...this.waits.values()].flat());
  }

  private note(promise: Promise<unknown>): void {
    if (this.muted || promise === this.own) return;
    const at = new Site();
    const known = this.waits.get(promise);
    if (known === undefined) this.waits.set(promise, [{ promise, at }]);
    else known.push({ promise, at });
  }

  private placesOf(waits: readonly Wait[]): string[] {
    const places = waits.map(({ at }) => at.place);
    return [...new Set(places.filter((place) => place !== undefined))];
  }
}

/** Told of each promise that something waits for, and of each that is settled. */
function hook(waited: (promise: Promise<unknown>) => void, settled: (promise: Promise<unknown>) => void): () => void {
  try {
    return promiseHooks.createHook({
      init: (_, parent) => {
        if (parent instanceof Promise) waited(parent);
      },
      settled,
    }) as () => void;
  } catch {
    return () => {};
  }
}

function isPending(promise: Promise<unknown>): boolean {
  return inspect(promise, { depth: 0 }).includes('<pending>');
}
