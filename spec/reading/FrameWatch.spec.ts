// Proves which time a frame watch counts; its effect on a connection is in spec/scenarios/timeouts.spec.ts.
import { TestScheduler } from 'rxjs/testing';
import { ByteBuffer } from '../../src/bytes/ByteBuffer';
import { FrameWatch } from '../../src/reading/FrameWatch';
import { bytes } from '../support/cuts';

describe('FrameWatch', () => {
  type Step = [time: number, step: (watch: FrameWatch, buffer: ByteBuffer) => void];

  /** When it ends the frame, in virtual time, with a limit of 10 milliseconds. */
  function ends(...steps: Step[]): number[] {
    const heard: number[] = [];
    const scheduler = new TestScheduler(() => {});
    scheduler.run(() => {
      const buffer = new ByteBuffer();
      const watch = new FrameWatch(buffer, 10, () => heard.push(scheduler.now()));
      for (const [time, step] of steps) scheduler.schedule(() => step(watch, buffer), time);
    });
    return heard;
  }

  const arrive =
    (text: string): Step[1] =>
    (watch, buffer) => {
      buffer.append(bytes(text));
      watch.starves();
    };
  const takeOne: Step[1] = (watch, buffer) => {
    buffer.take(1);
    watch.starves();
  };

  it.each<[string, Step[], number[]]>([
    ['never without a byte', [[0, arrive('')]], []],
    ['ten milliseconds after the first byte', [[5, arrive('a')]], [15]],
    [
      'at that time also when more bytes arrive',
      [
        [0, arrive('a')],
        [4, arrive('b')],
        [9, arrive('c')],
      ],
      [10],
    ],
  ])('ends a frame %s', (_, steps, expected) => {
    expect(ends(...steps)).toEqual(expected);
  });

  it('starts anew for a frame that begins at another byte', () => {
    expect(ends([0, arrive('ab')], [6, takeOne])).toEqual([16]);
    expect(ends([0, arrive('a')], [6, takeOne])).toEqual([]);
  });

  it('stops the clock while no read waits, and continues with the time that is left', () => {
    const rest: Step[1] = (watch) => watch.rests();
    const goOn: Step[1] = (watch) => watch.starves();
    expect(ends([0, arrive('a')], [6, rest])).toEqual([]);
    expect(ends([0, arrive('a')], [6, rest], [8, goOn])).toEqual([12]);
    expect(ends([0, arrive('a')], [6, rest], [60, goOn])).toEqual([64]);
    expect(ends([0, arrive('a')], [3, rest], [4, rest], [6, goOn], [9, rest], [20, goOn])).toEqual([24]);
  });

  it('has no timer once it is stopped', () => {
    expect(ends([0, arrive('a')], [5, (watch) => watch.stop()])).toEqual([]);
  });
});
