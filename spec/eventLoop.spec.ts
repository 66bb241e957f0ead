// Proves when a turn of the event loop is long: after ten milliseconds, for all callers, until the next turn; and that
// the tasks that wait for the next turn share it.
import { eventLoop } from '../src/eventLoop';
import { busy, turns } from './support/until';

beforeEach(() => turns(1));
afterEach(() => jest.restoreAllMocks());

describe('eventLoop.turnIsLong()', () => {
  it('is true from ten milliseconds after the first call until the next turn', async () => {
    expect(eventLoop.turnIsLong(true)).toBe(false);
    busy(12);
    expect(eventLoop.turnIsLong(true)).toBe(true);
    expect(eventLoop.turnIsLong(true)).toBe(true);
    await turns(1);
    expect(eventLoop.turnIsLong(true)).toBe(false);
  });

  it('stays true across awaits that do not end the turn', async () => {
    eventLoop.turnIsLong(true);
    busy(12);
    await Promise.resolve();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(eventLoop.turnIsLong(true)).toBe(true);
  });

  it('reads the clock in one of sixteen calls, and stays true after the turn is long', () => {
    eventLoop.turnIsLong(true);
    busy(12);
    const told = Array.from({ length: 64 }, () => eventLoop.turnIsLong());
    expect(told.indexOf(true)).toBeLessThan(16);
    expect(told.slice(told.indexOf(true))).not.toContain(false);
  });

  it('reads the clock rarely while calls are quick, and often while they are slow', async () => {
    let time = 0;
    const now = jest.spyOn(performance, 'now').mockImplementation(() => time);
    eventLoop.turnIsLong(true);
    now.mockClear();
    for (let i = 0; i < 64; i++) eventLoop.turnIsLong();
    expect(now.mock.calls.length).toBeLessThanOrEqual(4);
    // A millisecond each.
    const askUntilLong = () => {
      let asks = 0;
      do {
        time++;
        asks++;
      } while (!eventLoop.turnIsLong());
      return asks;
    };
    expect(askUntilLong()).toBeLessThanOrEqual(32);
    await turns(1);
    expect(askUntilLong()).toBeLessThanOrEqual(13);
  });

  it('uses the real clock, and nextTurn() the real event loop, under fake timers', async () => {
    jest.useFakeTimers();
    try {
      eventLoop.turnIsLong(true);
      busy(12);
      expect(eventLoop.turnIsLong(true)).toBe(true);
      await new Promise<void>(eventLoop.nextTurn);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('eventLoop.nextTurn()', () => {
  it('gives each task a share of the turn', async () => {
    let time = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time);
    const worked = [0, 0, 0, 0];
    const work = (which: number) => {
      while (!eventLoop.turnIsLong(true)) {
        time += 0.1;
        worked[which]! += 0.1;
      }
    };
    for (const which of worked.keys()) eventLoop.nextTurn(() => work(which));
    await turns(1);
    expect(worked.map(Math.round)).toEqual([3, 3, 3, 3]);
  });

  it('makes tasks that did not fit into the turn go on before those that came later', async () => {
    let time = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time);
    const done: string[] = [];
    const task = (name: string) => () => {
      done.push(name);
      time += 6;
    };
    for (const name of ['a', 'b', 'c']) eventLoop.nextTurn(task(name));
    await turns(1);
    expect(done).toEqual(['a', 'b']);
    eventLoop.nextTurn(task('d'));
    await turns(1);
    expect(done).toEqual(['a', 'b', 'c', 'd']);
  });
});
