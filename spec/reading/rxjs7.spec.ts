// Proves that the internals of RxJS that the library relies on exist.
import { map, NEVER, share } from 'rxjs';
import { connectionPair, lines, StreamReader } from '../../src';
import { findAlong, runningLoop, subscriptionTo } from '../../src/reading/rxjs7';
import { handFed } from '../support/handFed';

describe('runningLoop', () => {
  it('is the loop of the running delivery, also of errors and ends, and undefined before and after', () => {
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

  it('is the inner loop when one delivers inside the other, and then the outer one again', () => {
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

  it('is undefined after a delivery that throws', () => {
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

  it('is undefined in later asynchronous callbacks', async () => {
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

describe('subscriptionTo', () => {
  it('finds the subscription of the observer itself, and nothing after share', async () => {
    const [near, far] = connectionPair();
    const seen: unknown[] = [];
    near.reader.input.onSubscribed = (subscriber) => seen.push(subscriptionTo(near.writer, subscriber));
    const direct = near.reader.pipe(lines()).subscribe(near.writer);
    direct.unsubscribe();
    const shared = near.reader.pipe(lines(), share()).subscribe(near.writer);
    shared.unsubscribe();
    near.reader.pipe(lines()).subscribe().unsubscribe();
    expect(seen).toEqual([direct, undefined, undefined]);
    near.destroy();
    far.destroy();
  });
});

describe('findAlong', () => {
  it('visits a pipe, then its sources up to the first', () => {
    const mapped = NEVER.pipe(map(String));
    const seen: unknown[] = [];
    expect(findAlong(mapped, (at) => void seen.push(at))).toBeUndefined();
    expect(seen).toEqual([mapped, NEVER]);
    expect(findAlong(mapped, (at) => (at === NEVER ? 'found' : undefined))).toBe('found');
  });
});
