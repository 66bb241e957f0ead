/**
 * The comparison of a `TestScheduler`, with a readable message:
 *
 *     Cannot match the time lines: at 3 ms, byte 1 is 4f 'O', not 49 'I'
 *
 *              expected        seen
 *       0 ms   'HELLO\r\n'     'HELLO\r\n'
 *     > 3 ms   'PING\r\n'      'PONG\r\n'
 *       5 ms   |               |
 *
 * Events are paired by their order. Each line is a moment. A column is empty if nothing happened on that side.
 */
import { AssertionError } from 'node:assert';
import type { ObservableNotification } from 'rxjs';
import { anyError } from '../anyError';
import { describeDifference } from '../describeDifference';
import { describeErrorDifference } from '../describeErrorDifference';
import { showInLine } from '../showInLine';

interface TimedNotification {
  readonly frame: number;
  readonly notification: ObservableNotification<unknown>;
}

interface SubscriptionTimes {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** An event with its time, ready to compare and show. */
interface Event {
  readonly frame: number;
  /** `'next'`, `'complete'`, `'error'`; `'^'` and `'!'` of a subscription. */
  readonly kind: string;
  readonly value?: unknown;
  readonly shown: string;
}

/** How many lines are shown before and after the first difference. */
const LINES = 8;

/**
 * Compares the seen events of a `TestScheduler` with the expected ones: `new TestScheduler(assertMarbles)`.
 *
 * Values are compared as `isDeepStrictEqual` of Node does, bytes as bytes. Expected text means its UTF-8 bytes. Asymmetric matchers of Jest and Vitest decide
 * themselves. You can expect the error of a `#` as with `assert.throws`: as a class, a regular expression, an object with some
 * of its fields, or an equal error.
 *
 * @example
 * ```ts
 * import { TestScheduler } from 'rxjs/testing';
 * import { assertMarbles } from 'rxjs-tcp/testing';
 *
 * try {
 *   new TestScheduler(assertMarbles).run(({ cold, expectObservable }) => {
 *     expectObservable(cold('-a', { a: Buffer.from('PONG') })).toBe('-a', { a: 'PING' });
 *   });
 * } catch (error) {
 *   console.log(`${error}`.split('\n')[0]);
 * }
 * // → AssertionError … Cannot match the time lines: at 1 ms, byte 1 is 4f 'O', not 49 'I'
 * ```
 * @throws `AssertionError` of `node:assert`, whose message has both time lines and marks the first difference.
 */
export function assertMarbles(actual: unknown, expected: unknown): void {
  const [seen, wanted] = [toEvents(actual), toEvents(expected)];
  if (seen === undefined || wanted === undefined) {
    const difference = describeDifference(actual, expected);
    if (difference !== undefined) fail(`Cannot match the values: ${difference}`);
    return;
  }
  const count = Math.max(seen.length, wanted.length);
  for (let i = 0; i < count; i++) {
    const difference = differenceAt(seen[i], wanted[i]);
    if (difference === undefined) continue;
    const frame = Math.min(seen[i]?.frame ?? Number.POSITIVE_INFINITY, wanted[i]?.frame ?? Number.POSITIVE_INFINITY);
    fail(`Cannot match the time lines: at ${frame} ms, ${difference}\n\n${table(seen, wanted, i)}`);
  }
}

function fail(message: string): never {
  // 'fail' keeps test runners from printing both sides again, in their own way.
  throw new AssertionError({ message, operator: 'fail', stackStartFn: assertMarbles });
}

/** The notifications of an Observable, or the times of its subscriptions, as events; else `undefined`. */
function toEvents(log: unknown): Event[] | undefined {
  if (!Array.isArray(log)) return undefined;
  if (log.every(isNotification)) return log.map(({ frame, notification }) => ({ frame, ...describe(notification) }));
  if (!log.every(isSubscription)) return undefined;
  return log.flatMap(({ subscribedFrame, unsubscribedFrame }, i) => {
    const of = log.length > 1 ? ` of subscription ${i + 1}` : '';
    const from = { frame: subscribedFrame, kind: `^${of}`, shown: `^${of}` };
    return unsubscribedFrame === Number.POSITIVE_INFINITY
      ? [from]
      : [from, { frame: unsubscribedFrame, kind: `!${of}`, shown: `!${of}` }];
  });
}

function isNotification(entry: Partial<TimedNotification> | null): entry is TimedNotification {
  return typeof entry?.frame === 'number' && typeof entry.notification?.kind === 'string';
}

function isSubscription(entry: Partial<SubscriptionTimes> | null): entry is SubscriptionTimes {
  return typeof entry?.subscribedFrame === 'number' && typeof entry.unsubscribedFrame === 'number';
}

function describe(notification: ObservableNotification<unknown>): Omit<Event, 'frame'> {
  if (notification.kind === 'C') return { kind: 'complete', shown: '|' };
  if (notification.kind === 'N')
    return { kind: 'next', value: notification.value, shown: showInLine(notification.value) };
  const { error } = notification as { error: unknown };
  return { kind: 'error', value: error, shown: error === anyError ? '#' : `# ${showInLine(error)}` };
}

function differenceAt(seen: Event | undefined, wanted: Event | undefined): string | undefined {
  if (seen === undefined) return `${wanted?.shown} was expected, and nothing more was seen`;
  if (wanted === undefined) return `${seen.shown} was seen, and nothing more was expected`;
  if (seen.frame === wanted.frame && seen.kind === wanted.kind) {
    return seen.kind === 'error'
      ? differenceOfErrors(seen.value, wanted.value)
      : describeDifference(seen.value, wanted.value);
  }
  const late = seen.kind === wanted.kind && describeDifference(seen.value, wanted.value) === undefined;
  if (late) return `${seen.shown} was seen at ${seen.frame} ms, and expected at ${wanted.frame} ms`;
  if (seen.frame < wanted.frame) return `${seen.shown} was seen, and nothing was expected`;
  if (seen.frame > wanted.frame) return `${wanted.shown} was expected, and nothing was seen`;
  return `${seen.shown} was seen, and ${wanted.shown} expected`;
}

function differenceOfErrors(seen: unknown, wanted: unknown): string | undefined {
  return wanted === anyError ? undefined : describeErrorDifference(seen, wanted);
}

/** Both time lines, a line for each moment, with a mark at the difference between their events `different`. */
function table(seen: readonly Event[], wanted: readonly Event[], different: number): string {
  const rows: { time: number; wanted: string; seen: string; marked: boolean }[] = [];
  let [s, w] = [0, 0];
  let mark = 0;
  while (s < seen.length || w < wanted.length) {
    const time = Math.min(seen[s]?.frame ?? Number.POSITIVE_INFINITY, wanted[w]?.frame ?? Number.POSITIVE_INFINITY);
    const marked = mark === 0 && Math.max(s, w) >= different;
    const ofSeen = seen[s]?.frame === time ? (seen[s++]?.shown ?? '') : '';
    const ofWanted = wanted[w]?.frame === time ? (wanted[w++]?.shown ?? '') : '';
    if (marked) mark = rows.length + 1;
    rows.push({ time, wanted: ofWanted, seen: ofSeen, marked });
  }
  const first = Math.max(0, mark - 1 - LINES);
  const last = Math.min(rows.length, mark + LINES);
  const shown = rows.slice(first, last);
  const times = Math.max(...shown.map(({ time }) => `${time}`.length));
  const width = Math.max('expected'.length, ...shown.map((row) => row.wanted.length));
  const lines = shown.map((row) => {
    const time = `${row.time}`.padStart(times);
    return `${row.marked ? '>' : ' '} ${time} ms   ${row.wanted.padEnd(width)}   ${row.seen}`.trimEnd();
  });
  const before = first > 0 ? [`  … ${first} more lines, the same on both sides`] : [];
  const after = last < rows.length ? [`  … ${rows.length - last} more lines`] : [];
  const head = `  ${' '.repeat(times)}      ${'expected'.padEnd(width)}   seen`;
  return [head, ...before, ...lines, ...after].join('\n');
}
