/**
 * The timers of Node in virtual time: `setTimeout`, `setInterval`, `setImmediate`, those of `node:timers` and
 * `node:timers/promises`, `AbortSignal.timeout` and `Date`.
 *
 * The globals are replaced for the time of a run. The functions of the two modules are replaced once, when the first run begins, by ones that
 * look whether a run is on: what a module has imported by name before is refreshed then, and a refresh takes 0.1 ms.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SchedulerLike } from 'rxjs';
import { VirtualTimer } from './VirtualTimer';

type Task = (...args: unknown[]) => void;
interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** Whose time it is, while a run is on. */
let clock: SchedulerLike | undefined;
let modulesReplaced = false;

/**
 * Makes the timers of Node go by a scheduler.
 *
 * @returns Makes them real again; the timers that are left never come.
 */
export function virtualTimers(scheduler: SchedulerLike): () => void {
  const outer = clock;
  clock = scheduler;
  replaceModules();
  const restore = replaceGlobals(scheduler);
  return () => {
    restore();
    clock = outer;
    if (outer === undefined) VirtualTimer.clearAll();
  };
}

/** The callbacks' side, over what was there before. */
function callbacksOver(before: Record<string, (...args: never[]) => unknown>) {
  const original = { ...before } as Record<string, (...args: unknown[]) => unknown>;
  const start =
    (name: string, repeats: boolean, delayed: boolean) =>
    (task: unknown, ...rest: unknown[]) => {
      // It throws what Node throws.
      if (clock === undefined || typeof task !== 'function') return original[name]?.(task, ...rest);
      const [delay, args] = delayed ? [rest[0] ?? 1, rest.slice(1)] : [undefined, rest];
      return new VirtualTimer(clock, () => (task as Task)(...args), delay as number | undefined, repeats);
    };
  const clear = (name: string) => (timer: unknown) => {
    if (!VirtualTimer.clear(timer)) original[name]?.(timer);
  };
  return {
    setTimeout: Object.assign(start('setTimeout', false, true), { [promisify.custom]: timersPromises.setTimeout }),
    setInterval: start('setInterval', true, true),
    setImmediate: Object.assign(start('setImmediate', false, false), {
      [promisify.custom]: timersPromises.setImmediate,
    }),
    clearTimeout: clear('clearTimeout'),
    clearInterval: clear('clearInterval'),
    clearImmediate: clear('clearImmediate'),
  };
}

function replaceModules(): void {
  if (modulesReplaced) return;
  modulesReplaced = true;
  const original = { ...timersPromises };
  const { scheduler } = original;
  const wait = (ms: number, options?: WaitOptions) =>
    clock === undefined ? scheduler.wait(ms, options) : sleep(clock, ms, undefined, options);
  Object.assign(timersPromises, {
    setTimeout: <T>(ms?: number, value?: T, options?: WaitOptions) =>
      clock === undefined ? original.setTimeout(ms, value, options) : sleep(clock, ms ?? 1, value, options),
    setImmediate: <T>(value?: T, options?: WaitOptions) =>
      clock === undefined ? original.setImmediate(value, options) : sleep(clock, undefined, value, options),
    setInterval: <T>(ms?: number, value?: T, options?: WaitOptions) =>
      clock === undefined ? original.setInterval(ms, value, options) : ticks(clock, ms ?? 1, value as T, options),
    scheduler: Object.create(scheduler, {
      wait: { value: wait, writable: true, configurable: true },
      yield: {
        value: () => (clock === undefined ? scheduler.yield() : sleep(clock, undefined, undefined)),
        writable: true,
        configurable: true,
      },
    }),
  });
  Object.assign(timers, callbacksOver(timers as unknown as Parameters<typeof callbacksOver>[0]));
  syncBuiltinESMExports();
}

function replaceGlobals(scheduler: SchedulerLike): () => void {
  const scope = globalThis as unknown as Record<string, (...args: never[]) => unknown>;
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
  const before = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  const { Date: RealDate, AbortSignal: Signal } = globalThis;
  const { timeout } = Signal;
  Object.assign(scope, callbacksOver(before));
  globalThis.Date = dateOf(RealDate, scheduler);
  Signal.timeout = (ms) => {
    const controller = new AbortController();
    const late = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    new VirtualTimer(scheduler, late, ms);
    return controller.signal;
  };
  return () => {
    Object.assign(scope, before);
    globalThis.Date = RealDate;
    Signal.timeout = timeout;
  };
}

/** `Date` that begins at 0 with the run, as RxJS's clocks do. */
function dateOf(RealDate: DateConstructor, scheduler: SchedulerLike): DateConstructor {
  const now = () => scheduler.now();
  const virtual: DateConstructor = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, made) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, made === virtual ? target : made),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
  return virtual;
}

function sleep<T>(on: SchedulerLike, ms: number | undefined, value: T, { signal }: WaitOptions = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer?.close();
      reject(abortError(signal as AbortSignal));
    };
    let timer: VirtualTimer | undefined;
    if (signal?.aborted) {
      abort();
      return;
    }
    timer = new VirtualTimer(
      on,
      () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      },
      ms,
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

async function* ticks<T>(on: SchedulerLike, ms: number, value: T, options?: WaitOptions): AsyncGenerator<T> {
  // From the first value that is asked for; a slow loop gets those it has missed, as Node's does.
  for (let next = on.now() + ms; ; next += ms) {
    const left = next - on.now();
    yield left > 0 ? await sleep(on, left, value, options) : value;
  }
}

/** As Node's, which has the reason as its cause. */
function abortError({ reason }: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}
