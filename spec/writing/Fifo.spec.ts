// Proves the order of what waits, and that a long list takes linear time.
import { Fifo } from '../../src/writing/Fifo';

describe('Fifo', () => {
  function filled(...items: number[]): Fifo<number> {
    const fifo = new Fifo<number>();
    for (const item of items) fifo.push(item);
    return fifo;
  }

  it('hands items out in the order in which they came, and counts those that wait', () => {
    const fifo = filled(1, 2);
    expect([fifo.length, fifo.first, fifo.shift()]).toEqual([2, 1, 1]);
    fifo.push(3);
    expect([fifo.length, [...fifo]]).toEqual([2, [2, 3]]);
    expect([fifo.shift(), fifo.shift(), fifo.length, fifo.first]).toEqual([2, 3, 0, undefined]);
    fifo.push(4);
    expect([...fifo]).toEqual([4]);
  });

  it('takes the first item that is wanted, wherever it is', () => {
    const fifo = filled(1, 2, 3, 4);
    fifo.shift();
    expect(fifo.take((item) => item > 2)).toBe(3);
    expect(fifo.take((item) => item > 4)).toBeUndefined();
    expect(fifo.take(() => true)).toBe(2);
    expect([...fifo]).toEqual([4]);
  });

  it('keeps the items that are wanted, in order', () => {
    const fifo = filled(1, 2, 3, 4, 5);
    fifo.shift();
    fifo.keep((item) => item % 2 === 1);
    expect([fifo.length, ...fifo]).toEqual([2, 3, 5]);
    fifo.keep(() => false);
    expect(fifo.length).toBe(0);
    fifo.push(6);
    expect(fifo.shift()).toBe(6);
  });

  it('keeps nothing that has gone', () => {
    const fifo = filled(1, 2, 3, 4);
    fifo.shift();
    expect(Reflect.get(fifo, 'items')).toEqual([undefined, 2, 3, 4]);
  });

  it('takes the last item back', () => {
    const fifo = filled(1, 2);
    expect([fifo.pop(), fifo.length, fifo.pop(), fifo.length, fifo.pop()]).toEqual([2, 1, 1, 0, undefined]);
    fifo.push(3);
    fifo.push(4);
    fifo.shift();
    expect([fifo.pop(), fifo.pop(), fifo.length]).toEqual([4, undefined, 0]);
  });

  it('forgets all when it is cleared', () => {
    const fifo = filled(1, 2);
    fifo.clear();
    expect([fifo.length, fifo.first, ...fifo]).toEqual([0, undefined]);
  });

  it('moves each item once, while as many come as go', () => {
    const slice = jest.spyOn(Array.prototype, 'slice');
    const fifo = filled(...Array.from({ length: 10_000 }, (_, i) => i));
    slice.mockClear();
    let inOrder = 0;
    for (let i = 0; i < 100_000; i++) {
      if (fifo.shift() === i) inOrder++;
      fifo.push(10_000 + i);
    }
    const { length } = slice.mock.calls;
    slice.mockRestore();
    expect(inOrder).toBe(100_000);
    expect(length).toBeLessThanOrEqual(11);
  });
});
