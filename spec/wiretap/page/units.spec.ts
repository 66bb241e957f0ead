import { bytesText, durationText, ticksOf } from '../../../src/wiretap/page/units';

describe('the units of the page', () => {
  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [1_234, '1.23 ms'],
    [12_345, '12.3 ms'],
    [345_678, '346 ms'],
    [1_500_000, '1.50 s'],
    [90_000_000, '90.0 s'],
    [600_000_000, '10.0 min'],
  ])('%i µs is %s', (time, text) => expect(durationText(time)).toBe(text));

  it.each([
    [999, '999 B'],
    [1_400, '1.4 kB'],
    [45_000, '45 kB'],
    [3_200_000, '3.2 MB'],
  ])('%i bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  const labels = (from: number, span: number) => ticksOf(from, span, 500).ticks.map(({ label }) => label);

  it('has an axis from microseconds to hours', () => {
    expect(labels(0, 50)).toEqual(['0 µs', '10 µs', '20 µs', '30 µs', '40 µs', '50 µs']);
    expect(labels(0, 10e6)).toEqual(['0 s', '2 s', '4 s', '6 s', '8 s', '10 s']);
    expect(labels(0, 3_600e6)).toEqual(['0 min', '15 min', '30 min', '45 min', '60 min']);
  });

  it('counts from an anchor where the numbers would be long', () => {
    const { anchor, ticks } = ticksOf(12_345_678, 50, 500);
    expect(anchor).toBe('12.345600 s');
    expect(ticks.map(({ label }) => label)).toEqual(['+80 µs', '+90 µs', '+100 µs', '+110 µs', '+120 µs']);
    expect(ticks.map(({ time }) => time)[0]).toBe(12_345_680);
  });

  it('has a bounded number of lines for every zoom', () => {
    for (let span = 20; span < 1e11; span *= 1.37) expect(labels(span * 7.3, span).length).toBeLessThanOrEqual(6);
  });
});
