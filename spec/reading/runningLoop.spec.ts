// Proves that what runs inside a delivery finds its loop, the innermost one, and what runs outside finds none.
import { lines, StreamReader } from '../../src';
import { runningLoop } from '../../src/reading/runningLoop';
import { handFed } from '../support/handFed';

describe('runningLoop', () => {
  it('is the loop of the delivery that runs, errors and ends included, and none before and after', () => {
    const { reader, push, end } = handFed();
    const seen: unknown[] = [];
    const look = () => seen.push(runningLoop.current === reader.input);
    reader.subscribe({ next: look, complete: look });
    push('a');
    expect(runningLoop.current).toBeUndefined();
    end();
    expect(seen).toEqual([true, true]);
    expect(runningLoop.current).toBeUndefined();
  });

  it('is the innermost where one delivers inside the other, and the outer one again after it', () => {
    const [outer, inner] = [handFed(), handFed()];
    const seen: unknown[] = [];
    inner.reader.subscribe(() => seen.push(runningLoop.current === inner.reader.input));
    outer.reader.subscribe(() => {
      inner.push('b');
      seen.push(runningLoop.current === outer.reader.input);
    });
    outer.push('a');
    expect(seen).toEqual([true, true]);
  });

  it('is none any more where a delivery throws', () => {
    const { reader, push } = handFed();
    reader.input.begin({
      decoder: { decode: (buffer) => (buffer.length > 0 ? buffer.take(1) : undefined) },
      closed: false,
      next: () => {
        throw new Error('thrown');
      },
      error: () => {},
      complete: () => {},
    });
    expect(() => push('a')).toThrow('thrown');
    expect(runningLoop.current).toBeUndefined();
  });

  it('is none in what an asynchronous callback does later', async () => {
    const seen: unknown[] = [];
    let done = () => {};
    const finished = new Promise<void>((resolve) => {
      done = resolve;
    });
    const reader = StreamReader.from([Buffer.from('a\n')]);
    reader.pipe(lines()).subscribe(async () => {
      seen.push(runningLoop.current === reader.input);
      await null;
      seen.push(runningLoop.current);
      done();
    });
    await finished;
    expect(seen).toEqual([true, undefined]);
  });
});
