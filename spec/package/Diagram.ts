import { setImmediate as nextTurn } from 'node:timers/promises';
import * as rxjs from 'rxjs';
import { isObservable, Observable } from 'rxjs';
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { intervalProvider } from 'rxjs/internal/scheduler/intervalProvider';
import * as core from 'rxjs-tcp';
import { hex, MarbleScheduler, marbleConnection, type PressureMarble } from 'rxjs-tcp/testing';
import * as ts from 'typescript';
import { showInLine } from '../../src/testing/showInLine';

/**
 * A marble diagram of a doc comment:
 *
 *     arrives  'he'---'llo\nwor'---'ld'-|
 *              reader.pipe(lines())
 *     emits    -------'hello'-----------'world'|
 *
 * A column is a millisecond of virtual time; what happens in one touches, at the column of its first character. The rows
 * above the code are what happens to it, those below are what it does: they are drawn by running it.
 */
export class Diagram {
  private readonly inputs = new Map<string, string>();
  private readonly code: string[] = [];
  private readonly outputs: Output[] = [];

  /** @param lines - Those of the block, without the fences. */
  constructor(readonly lines: readonly string[]) {
    for (const line of lines) {
      const label = line.slice(0, LABEL).trim();
      if (label === '') this.code.push(line.slice(LABEL));
      else if (INPUTS.has(label) && this.code.length === 0) this.inputs.set(label, line.slice(LABEL));
      else if (isOutput(label) && this.code.length > 0) this.outputs.push(label);
      else throw new Error(`Cannot read the row "${line}" here`);
    }
    if (this.outputs.length === 0) throw new Error('Cannot draw a diagram that has no row below its code');
  }

  /** Runs the code in virtual time, and draws what it does. */
  async draw(): Promise<string[]> {
    const scheduler = new MarbleScheduler();
    const seen = await onClockOf(scheduler, () => this.run(scheduler));
    const rows = this.outputs.map((label) => {
      const row = label === 'held' || label === 'pressure' ? drawBar(seen[label], seen.end) : drawEvents(seen[label]);
      return { label, row };
    });
    const width = Math.max(seen.end, ...rows.map(({ row }) => row.length));
    return [
      ...this.lines.slice(0, this.lines.length - this.outputs.length),
      ...rows.map(({ label, row }) => `${label.padEnd(LABEL)}${/[|#]\w*$/.test(row) ? row : row.padEnd(width, '-')}`),
    ];
  }

  private async run(scheduler: MarbleScheduler): Promise<Seen> {
    const seen: Seen = { emits: [], written: [], held: [], pressure: [], end: 0 };
    const play = (label: string) => observe(scheduler, parseRow(this.inputs.get(label) ?? ''));
    const { reader, writer, written$ } = marbleConnection(
      scheduler,
      play('arrives') as Observable<Buffer>,
      {},
      {
        ...(evaluate(this.inputs.get('with') ?? '{}') as object),
        ...(this.inputs.has('kernel') ? { pressure: play('kernel') as Observable<PressureMarble> } : {}),
      },
    );
    const record = (events: Event[], source: Observable<unknown>) =>
      source.subscribe({
        next: (value) => events.push({ at: scheduler.frame, shown: showInLine(value) }),
        error: (error: Error) => events.push({ at: scheduler.frame, shown: `#${error.name}` }),
        complete: () => events.push({ at: scheduler.frame, shown: '|' }),
      });
    if (this.outputs.includes('written')) record(seen.written, written$);
    let pressed = false;
    writer.pressure$.subscribe((on) => {
      pressed = on;
    });

    const emitted$ = new rxjs.Subject<unknown>();
    const result = this.start({
      reader,
      writer,
      source: play('source'),
      emit: (value: unknown) => emitted$.next(value),
      sleep: (ms: number) => new Promise<void>((wake) => scheduler.schedule(() => wake(), ms)),
    });
    if (isObservable(result)) record(seen.emits, result);
    else if (result instanceof Promise) {
      record(seen.emits, emitted$);
      result.then(
        () => emitted$.complete(),
        (error) => emitted$.error(error),
      );
    }

    const inputEnd = Math.max(...[...this.inputs].map(([label, row]) => (label === 'with' ? 0 : row.length)));
    for (let frame = 0; frame < inputEnd || scheduler.actions.length > 0; frame++) {
      if (frame > LONGEST) throw new Error(`Cannot draw more than ${LONGEST} ms`);
      do {
        scheduler.frame = frame;
        scheduler.maxFrames = frame;
        scheduler.flush();
        await nextTurn();
      } while (scheduler.actions.some(({ delay }) => delay <= frame));
      const { holds } = (reader as unknown as { readonly loop: { readonly holds: number } }).loop;
      seen.held[frame] = holds > 0;
      seen.pressure[frame] = pressed;
      seen.end = frame + 1;
    }
    return seen;
  }

  /** Runs the code; what its last expression is worth, or a promise where it is a loop that awaits. */
  private start(scope: Record<string, unknown>): unknown {
    const code = this.code.join('\n');
    const { statements } = ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2022, true);
    const last = statements.at(-1)!;
    const body = ts.isExpressionStatement(last)
      ? `${code.slice(0, last.getFullStart())}\nreturn (${last.expression.getText()});`
      : `return (async () => {${code}})();`;
    const names = { ...rxjs, ...core, hex, ...scope };
    return new Function(...Object.keys(names), body)(...Object.values(names));
  }
}

/** Runs a task while the timers of RxJS's `asyncScheduler` are those of another scheduler, as in `run` of a TestScheduler. */
async function onClockOf<T>(scheduler: MarbleScheduler, task: () => Promise<T>): Promise<T> {
  const timers = new Map<unknown, rxjs.Subscription>();
  const every = (id: object, handler: () => void, ms: number) => {
    const tick = scheduler.schedule(() => {
      every(id, handler, ms);
      handler();
    }, ms);
    timers.set(id, tick);
  };
  intervalProvider.delegate = {
    setInterval: (handler, ms = 0) => {
      const id = {};
      every(id, handler, ms);
      return id as never;
    },
    clearInterval: (id) => timers.get(id)?.unsubscribe(),
  };
  dateTimestampProvider.delegate = scheduler;
  try {
    return await task();
  } finally {
    intervalProvider.delegate = dateTimestampProvider.delegate = undefined;
  }
}

interface Event {
  readonly at: number;
  readonly shown: string;
}

/** What the code did, by the labels of the rows: events, or whether something was so at the end of each millisecond. */
interface Seen {
  readonly emits: Event[];
  readonly written: Event[];
  readonly held: boolean[];
  readonly pressure: boolean[];
  end: number;
}

/** The width of the column of labels. */
const LABEL = 9;
const LONGEST = 200;
/** What the peer sends; values of a source that is no reader; when the kernel takes a batch; options of the connection. */
const INPUTS: ReadonlySet<string> = new Set(['arrives', 'source', 'kernel', 'with']);
/** What the code emits; what reaches the peer; when the reader is held; when the writer is under pressure. */
const OUTPUTS = ['emits', 'written', 'held', 'pressure'] as const;
type Output = (typeof OUTPUTS)[number];
const TOKEN = /'(?:[^'\\]|\\.)*'|hex`[^`]*`|\{[^}]*\}|\d+|[a-z]|[|#]/y;

function isOutput(label: string): label is Output {
  return OUTPUTS.includes(label as Output);
}

function parseRow(row: string): Event[] {
  const events: Event[] = [];
  let at = 0;
  for (let i = 0; i < row.length; ) {
    if (row[i] === '-' || row[i] === ' ') i++;
    else {
      if (i === 0 || /[- ]/.test(row[i - 1]!)) at = i;
      TOKEN.lastIndex = i;
      const [shown] = TOKEN.exec(row) ?? [];
      if (shown === undefined) throw new Error(`Cannot read "${row.slice(i)}" of the row "${row}"`);
      events.push({ at, shown });
      i += shown.length;
    }
  }
  return events;
}

function observe(scheduler: MarbleScheduler, events: readonly Event[]): Observable<unknown> {
  return new Observable((subscriber) => {
    for (const { at, shown } of events) {
      scheduler.schedule(() => {
        if (shown === '|') subscriber.complete();
        else if (shown === '#') subscriber.error(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
        else subscriber.next(/^[a-z]$/.test(shown) ? shown : bytesOf(evaluate(shown)));
      }, at);
    }
  });
}

/** Text is bytes, as it is for a connection of marbles. */
function bytesOf(value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function evaluate(literal: string): unknown {
  return new Function('hex', `return (${literal})`)(hex);
}

function drawEvents(events: readonly Event[]): string {
  let row = '';
  events.forEach(({ at, shown }, i) => {
    const together = i > 0 && events[i - 1]!.at === at;
    const covered = together ? /\w$/.test(row) && /^\w/.test(shown) : at > 0 && row.length >= at;
    if (covered) throw new Error(`Cannot draw ${shown} at ${at} ms behind ${row}: they must be farther apart`);
    row = `${together ? row : row.padEnd(at, '-')}${shown}`;
  });
  return row;
}

function drawBar(on: readonly boolean[], end: number): string {
  return Array.from({ length: end }, (_, at) => (on[at] ? '=' : '-')).join('');
}
