/** How long a column of the time axis may be, in microseconds: from 1 µs to 10 s. */
export const scales: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap((power) =>
  power === 10_000_000 ? [power] : [power, 2 * power, 5 * power],
);
