// Proves which peers are too slow for a rate watch; its effect on a connection is in spec/scenarios/timeouts.spec.ts.
import { TestScheduler } from 'rxjs/testing';
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { RateWatch } from '../../src/reading/RateWatch';

describe('RateWatch', () => {
  type Step = [time: number, step: (watch: RateWatch, buffer: ByteBuffer) => void];

  /** When it ends the frame, in virtual seconds, with a rate of 10 bytes a second: 50 in each window. */
  function ends(...steps: Step[]): number[] {
    const heard: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      const buffer = new ByteBuffer();
      let received = 0;
      const watch = new RateWatch(
        buffer,
        10,
        () => received,
        () => heard.push(scheduler.now() / 1000),
      );
      const append = buffer.append.bind(buffer);
      buffer.append = (chunk) => {
        received += chunk.length;
        append(chunk);
      };
      for (const [time, step] of steps) scheduler.schedule(() => step(watch, buffer), time * 1000);
      scheduler.schedule(() => watch.stop(), 30_000);
    });
    return heard;
  }

  const arrive =
    (count: number): Step[1] =>
    (watch, buffer) => {
      buffer.append(Buffer.alloc(count));
      watch.starves();
    };
  const take =
    (count: number): Step[1] =>
    (watch, buffer) => {
      buffer.take(count);
      watch.starves();
    };
  const seconds = (count: number, step: Step[1]): Step[] => Array.from({ length: count }, (_, i) => [i, step]);

  it('never ends a peer that is silent between two frames', () => {
    expect(ends([0, arrive(0)])).toEqual([]);
    expect(ends([0, arrive(3)], [1, take(3)])).toEqual([]);
  });

  it('ends a frame that has begun and gets too few bytes in 5 seconds', () => {
    expect(ends([2, arrive(1)])).toEqual([7]);
    expect(ends(...seconds(20, arrive(8)))[0]).toBe(5);
  });

  it('lets a frame of the least rate go on, and counts the bytes that began it', () => {
    expect(ends(...seconds(30, arrive(10)))).toEqual([]);
    expect(ends([0, arrive(50)], [6, take(50)])).toEqual([]);
  });

  it('looks at each window by itself', () => {
    expect(ends([0, arrive(5000)])).toEqual([10]);
  });

  it('counts anew for each frame', () => {
    // Each frame has one byte, and is whole after four seconds.
    const frames = [0, 4, 8, 12].flatMap((at): Step[] => [
      [at, arrive(1)],
      [at + 3.9, take(1)],
    ]);
    expect(ends(...frames)).toEqual([]);
  });

  it('stops the clock while no read waits', () => {
    const rest: Step[1] = (watch) => watch.rests();
    const goOn: Step[1] = (watch) => watch.starves();
    expect(ends([0, arrive(1)], [3, rest])).toEqual([]);
    expect(ends([0, arrive(1)], [3, rest], [20, goOn])).toEqual([22]);
  });
});
