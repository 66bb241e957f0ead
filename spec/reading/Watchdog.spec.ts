// Proves that a watchdog calls back once, after exactly the silent time, with one timer.
import { TestScheduler } from 'rxjs/testing';
import { Watchdog } from '../../src/reading/Watchdog';

describe('Watchdog', () => {
  /** When it calls back, in virtual time, if it is touched at some times and stopped at others. */
  function expiries(timeout: number, touches: number[], stops: number[] = []): number[] {
    const heard: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      const watchdog = new Watchdog(timeout, () => heard.push(scheduler.now()));
      for (const at of touches) scheduler.schedule(() => watchdog.touch(), at);
      for (const at of stops) scheduler.schedule(() => watchdog.stop(), at);
    });
    return heard;
  }

  it.each<[string, number[], number[], number[]]>([
    ['never before it is touched', [], [], []],
    ['its time after a touch', [0], [], [10]],
    ['its time after the last touch', [0, 9, 18, 20], [], [30]],
    ['not when it is stopped', [0], [5], []],
    ['after a touch that follows a stop', [0, 7], [5], [17]],
    ['once, until it is touched again', [0, 25], [], [10, 35]],
    ['not when it is touched at that very moment', [0, 10], [], [20]],
  ])('calls back %s', (_, touches, stops, expected) => {
    expect(expiries(10, touches, stops)).toEqual(expected);
  });

  it('calls back earlier by the given age when touch() reports an earlier event', () => {
    const heard: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      const watchdog = new Watchdog(10, () => heard.push(scheduler.now()));
      watchdog.touch(4);
      scheduler.schedule(() => watchdog.touch(7), 5);
      scheduler.schedule(() => watchdog.touch(9), 20);
    });
    expect(heard).toEqual([8, 21]);
  });

  it('can be touched from its own callback', () => {
    const heard: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      const watchdog = new Watchdog(10, () => {
        heard.push(scheduler.now());
        if (heard.length < 3) watchdog.touch();
      });
      watchdog.touch();
    });
    expect(heard).toEqual([10, 20, 30]);
  });

  it('uses one timer however often it is touched, and none once it has called back or is stopped', () => {
    jest.useFakeTimers();
    const watchdog = new Watchdog(10, () => {});
    expect(jest.getTimerCount()).toBe(0);
    for (let i = 0; i < 1000; i++) watchdog.touch();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(10);
    expect(jest.getTimerCount()).toBe(0);
    watchdog.touch();
    watchdog.stop();
    watchdog.stop();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});
