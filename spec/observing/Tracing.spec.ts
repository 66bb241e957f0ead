import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { Trace } from '../../src/observing/Trace';
import { Tracing } from '../../src/observing/Tracing';

interface Message {
  readonly what: string;
  readonly result?: number;
  readonly error?: unknown;
}

const NAME = 'rxjs-tcp:spec';
const tracing = new Tracing<Message>(NAME);
const describeIt = () => ({ what: 'a thing' });

function listening(): { readonly events: string[]; readonly messages: Set<unknown>; stop(): void } {
  const events: string[] = [];
  const messages = new Set<unknown>();
  const on = (event: string) => (message: unknown) => {
    events.push(event);
    messages.add(message);
  };
  const handlers = {
    start: on('start'),
    end: on('end'),
    asyncStart: on('asyncStart'),
    asyncEnd: on('asyncEnd'),
    error: on('error'),
  };
  const channels = tracingChannel(NAME);
  channels.subscribe(handlers as never);
  return { events, messages, stop: () => channels.unsubscribe(handlers as never) };
}

describe('Tracing', () => {
  it('does the work, and nothing else, if nobody listens', () => {
    const describeNot = jest.fn(describeIt);
    let told = 0;
    const result = tracing.begin(describeNot, (trace) => {
      Trace.settle(
        trace,
        () => ({}),
        () => told++,
      );
      return trace ?? 'no trace';
    });
    expect([result, told]).toEqual(['no trace', 1]);
    expect(describeNot).not.toHaveBeenCalled();
  });

  it('publishes one message in the order of tracingChannel', () => {
    const { events, messages, stop } = listening();
    const trace = tracing.begin(describeIt, (begun) => {
      events.push('work');
      return begun;
    });
    Trace.settle(
      trace,
      () => ({ result: 1 }),
      () => events.push('tell'),
    );
    stop();
    expect(events).toEqual(['start', 'work', 'end', 'asyncStart', 'tell', 'asyncEnd']);
    expect([...messages]).toEqual([{ what: 'a thing', result: 1 }]);
  });

  it('publishes an error before asyncStart', () => {
    const { events, messages, stop } = listening();
    const error = new Error('of the work');
    Trace.settle(
      tracing.begin(describeIt, (trace) => trace),
      () => ({ error }),
    );
    stop();
    expect(events).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect([...messages]).toEqual([{ what: 'a thing', error }]);
  });

  it('ends a trace once, and tells each time', () => {
    const { events, stop } = listening();
    let told = 0;
    const trace = tracing.begin(describeIt, (begun) => begun);
    for (const result of [1, 2]) {
      Trace.settle(
        trace,
        () => ({ result }),
        () => told++,
      );
    }
    stop();
    expect(told).toBe(2);
    expect(events.filter((event) => event === 'asyncEnd')).toHaveLength(1);
  });

  it('publishes the end although the work or what is told throws', () => {
    const { events, stop } = listening();
    const fail = () => {
      throw new Error('of the caller');
    };
    expect(() => tracing.begin(describeIt, fail)).toThrow('of the caller');
    const trace = tracing.begin(describeIt, (begun) => begun);
    expect(() => Trace.settle(trace, () => ({}), fail)).toThrow('of the caller');
    stop();
    expect(events).toEqual(['start', 'end', 'start', 'end', 'asyncStart', 'asyncEnd']);
  });

  it('runs the work in the stores of start, and what it tells in those of asyncStart', () => {
    const store = new AsyncLocalStorage<string>();
    const bound = ['start', 'asyncStart'].map((event) => channel(`tracing:${NAME}:${event}`));
    for (const one of bound) one.bindStore(store, (message) => `${String(one.name)}, ${(message as Message).what}`);
    const seen: unknown[] = [];
    const look = () => seen.push(store.getStore());
    const trace = tracing.begin(describeIt, (begun) => {
      look();
      return begun;
    });
    Trace.settle(trace, () => ({}), look);
    for (const one of bound) one.unbindStore(store);
    expect(seen).toEqual([`tracing:${NAME}:start, a thing`, `tracing:${NAME}:asyncStart, a thing`]);
  });
});
