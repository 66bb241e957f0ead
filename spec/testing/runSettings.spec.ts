// Proves that the environment makes runs wider, and leaves single ones as they are.
import { runSettings } from '../../src/testing/runSettings';

describe('runSettings', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = before;
  });

  it.each([
    [{}, { seed: 5, runs: 20 }, { seed: 5, runs: 20 }],
    [{ RXJS_TCP_RUNS: '1000' }, { seed: 5, runs: 20 }, { seed: 5, runs: 1000 }],
    [{ RXJS_TCP_RUNS: '10' }, { seed: 5, runs: 20 }, { seed: 5, runs: 20 }],
    [
      { RXJS_TCP_SEED: '7', RXJS_TCP_RUNS: '' },
      { seed: 5, runs: 20 },
      { seed: 7, runs: 20 },
    ],
    [
      { RXJS_TCP_SEED: '7', RXJS_TCP_RUNS: '1000' },
      { seed: 5, runs: 1 },
      { seed: 5, runs: 1 },
    ],
  ])('with %j makes %j to %j', (env, given, used) => {
    process.env = { ...before, ...env };
    expect(runSettings(given)).toEqual(used);
  });

  it.each([
    [{ RXJS_TCP_RUNS: 'many' }],
    [{ RXJS_TCP_RUNS: '0' }],
    [{ RXJS_TCP_SEED: '-1' }],
    [{ RXJS_TCP_SEED: '1.5' }],
  ])('throws for %j', (env) => {
    process.env = { ...before, ...env };
    expect(() => runSettings({ seed: 1, runs: 2 })).toThrow(RangeError);
  });
});
