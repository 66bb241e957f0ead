// Proves when a turn of the event loop is long: after ten milliseconds, for all who ask, until the next one.
import { turnIsLong } from '../src/turnIsLong';
import { busy, turns } from './support/until';

describe('turnIsLong', () => {
  beforeEach(() => turns(1));

  it('is told after ten milliseconds from the first look, until the next turn', async () => {
    expect(turnIsLong(true)).toBe(false);
    busy(12);
    expect(turnIsLong(true)).toBe(true);
    expect(turnIsLong(true)).toBe(true);
    await turns(1);
    expect(turnIsLong(true)).toBe(false);
  });

  it('is told whatever was awaited meanwhile, as long as that was no turn', async () => {
    turnIsLong(true);
    busy(12);
    await Promise.resolve();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(turnIsLong(true)).toBe(true);
  });

  it('is looked for once in sixteen times by those who ask often', () => {
    turnIsLong(true);
    busy(12);
    const told = Array.from({ length: 64 }, () => turnIsLong(false));
    expect(told.filter((long) => long)).toHaveLength(4);
  });
});
