import { MarbleScheduler } from '../../src/testing';
import { wireClock } from '../../src/wiretap/wireClock';

describe('wireClock', () => {
  it('counts microseconds from 0', () => {
    const performance = jest
      .spyOn(globalThis.performance, 'now')
      .mockReturnValue(Date.now() - globalThis.performance.timeOrigin);
    const clock = wireClock();
    const start = globalThis.performance.now();
    expect(clock()).toBe(0);
    performance.mockReturnValue(start + 1.5);
    expect(clock()).toBe(1500);
    performance.mockRestore();
  });

  it('never goes back', () => {
    const performance = jest
      .spyOn(globalThis.performance, 'now')
      .mockReturnValue(Date.now() - globalThis.performance.timeOrigin);
    const clock = wireClock();
    const start = globalThis.performance.now();
    performance.mockReturnValue(start + 5);
    expect(clock()).toBe(5000);
    performance.mockReturnValue(start + 3);
    expect(clock()).toBe(5000);
    performance.mockRestore();
  });

  it('follows virtual time', () => {
    const scheduler = new MarbleScheduler();
    const times: number[] = [];
    scheduler.run(({ flush }) => {
      const clock = wireClock();
      scheduler.schedule(() => times.push(clock()), 12);
      scheduler.schedule(() => times.push(clock()), 3_600_000);
      flush();
    });
    expect(times).toEqual([12_000, 3_600_000_000]);
  });
});
