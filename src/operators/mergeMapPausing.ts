import {
  from,
  Observable,
  type ObservableInput,
  type ObservedValueOf,
  type OperatorFunction,
  type Subscriber,
  Subscription,
} from 'rxjs';
import { assertCount } from '../argumentChecks';
import { HeldValues } from '../flow/HeldValues';
import { type PauseOptions, toLoops } from '../flow/toLoops';
import { linkTo, subscriberFor } from '../reading/rxjs7';
import { UpstreamHolds } from '../reading/UpstreamHolds';

/**
 * As RxJS's `mergeMap` with a concurrency, but it holds the reader of the values while that many inner Observables run. So
 * memory stays flat, however slow they are.
 *
 * ```marbles
 * arrives  'a\nb\nc\n'-----|
 *          const ask = (line, i) => sleep(6 * (i + 1)).then(() => `${line}!`);
 *          reader.pipe(lines(), mergeMapPausing(ask, 2))
 * emits    ------'a!'--'b!'--------'c!'|
 * held     ============-----------------
 * ```
 *
 * If an operator makes several values of one frame, they wait here.
 *
 * - Emits when an inner Observable emits.
 * - Pauses its source while `concurrency` inner Observables run.
 * - Completes when the source and all inner Observables have completed.
 * - Errors when the source or an inner Observable errors, or `project` throws; with a `TypeError` when a value must wait and
 *   there is no reader to hold.
 *
 * Unsubscribing ends the inner Observables and releases the reader. The bytes that were not delivered stay in the reader.
 *
 * @example
 * ```ts
 * import { map, timer } from 'rxjs';
 * import { lines, mergeMapPausing, StreamReader } from 'rxjs-tcp';
 *
 * const store = (ms: string) => timer(Number(ms)).pipe(map(() => `stored in ${ms} ms`));
 * StreamReader.from([Buffer.from('50\n5\n')])
 *   .pipe(lines(), mergeMapPausing(store, 2))
 *   .subscribe((result) => console.log(result));
 * // → stored in 5 ms
 * // → stored in 50 ms
 * ```
 * @param project - Returns an Observable, a promise or an iterable for each value.
 * @param concurrency - How many may run at once; at least 1.
 * @param options - `source`.
 * @throws `TypeError` or `RangeError` for invalid arguments.
 */
export function mergeMapPausing<T, O extends ObservableInput<unknown>>(
  project: (value: T, index: number) => O,
  concurrency: number,
  options: PauseOptions = {},
): OperatorFunction<T, ObservedValueOf<O>> {
  if (concurrency !== Number.POSITIVE_INFINITY) assertCount('concurrency', concurrency ?? null);
  const given = toLoops(options);
  const name = concurrency === 1 ? 'concatMapPausing' : 'mergeMapPausing';
  return (source) => {
    const merged = new Observable<ObservedValueOf<O>>((subscriber) => {
      const holds = new UpstreamHolds(source, name, given);
      const waiting = new HeldValues<T>();
      const inner = new Subscription();
      let running = 0;
      let index = 0;
      let ended = false;

      function start(value: T): void {
        running++;
        const one = subscriberFor<ObservedValueOf<O>>({
          next: (result) => subscriber.next(result),
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            running--;
            inner.remove(one);
            goOn();
          },
        });
        inner.add(one);
        try {
          from(project(value, index++)).subscribe(one as Subscriber<unknown>);
        } catch (error) {
          subscriber.error(error);
        }
      }
      // An inner Observable that completes at once calls this again from `start`: the running loop takes the next value.
      let going = false;
      function goOn(): void {
        if (going) return;
        going = true;
        while (waiting.length > 0 && running < concurrency && !subscriber.closed) {
          // `going` stays true until then.
          if (waiting.yieldTurn(resume)) return;
          waiting.shiftTo(start);
        }
        going = false;
        if (running < concurrency) holds.release();
        if (ended && running === 0 && waiting.length === 0) subscriber.complete();
      }
      function resume(): void {
        going = false;
        goOn();
      }
      const feed = subscriberFor<T>({
        destination: subscriber,
        holds,
        next(value) {
          if (running >= concurrency || waiting.length > 0) {
            if (holds.hold()) waiting.push(value, false, holds.upstream);
            else subscriber.error(new TypeError(NO_READER));
            return;
          }
          start(value);
          // A consumer that unsubscribed inside `shiftTo` has released every hold: a new one would stay for ever.
          if (running >= concurrency && !subscriber.closed) holds.hold();
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          ended = true;
          goOn();
        },
      });
      subscriber.add(feed);
      subscriber.add(inner);
      subscriber.add(() => {
        waiting.clear();
        holds.release();
      });
      source.subscribe(feed);
    });
    return linkTo(source, merged);
  };
}

const NO_READER = 'Cannot hold the source back: no StreamReader is upstream; give { source }, or use mergeMap';
