// Proves that the process has one listener per system signal, for any number of callbacks.
import { onTermination } from '../../src/net/onTermination';

const counts = () => [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')];

describe('onTermination', () => {
  const none = counts();
  const one = none.map((count) => count + 1);
  let ignore: (() => void)[] = [];

  afterEach(() => {
    for (const each of ignore) each();
    ignore = [];
    expect(counts()).toEqual(none);
  });

  it('adds one listener for any number of callbacks, and removes it after the last one', () => {
    ignore = Array.from({ length: 12 }, () => onTermination(() => {}));
    expect(counts()).toEqual(one);
    for (const each of ignore.slice(1)) each();
    expect(counts()).toEqual(one);
    ignore[0]!();
    ignore[0]!();
    expect(counts()).toEqual(none);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'calls all of them once at %s, and leaves a second signal to the system',
    (signal) => {
      const stops = [jest.fn(), jest.fn()];
      ignore = stops.map(onTermination);
      process.emit(signal, signal);
      expect(stops.map((stop) => stop.mock.calls.length)).toEqual([1, 1]);
      expect(process.listenerCount(signal)).toBe(none[0]);
      // The other signal is still awaited.
      expect(counts().reduce((sum, count) => sum + count)).toBe(none[0]! + none[1]! + 1);
    },
  );

  it('listens again for callbacks that are added after a signal', () => {
    ignore = [onTermination(() => {})];
    process.emit('SIGINT'); // as programs do that end themselves
    const late = jest.fn();
    ignore.push(onTermination(late));
    expect(counts()).toEqual(one);
    process.emit('SIGINT', 'SIGINT');
    expect(late).toHaveBeenCalledTimes(1);
  });
});
