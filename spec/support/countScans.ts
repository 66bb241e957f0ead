import * as searches from '../../src/bytes/indexOfByte';

/** The counts of {@link countScans}. */
export interface Scans {
  /** The number of searched bytes, for each needle's first byte. */
  readonly bytes: Map<number, number>;
  /** The sum of all. */
  total(): number;
}

/**
 * Counts how many bytes searches look at while `run` runs: from where a search starts through its match, or
 * to the end.
 */
export function countScans(run: () => void): Scans {
  const bytes = new Map<number, number>();
  const count = (needle: unknown, looked: number) => {
    const key = typeof needle === 'number' ? needle : (needle as Uint8Array)[0];
    bytes.set(key as number, (bytes.get(key as number) ?? 0) + Math.max(0, looked));
  };
  const { indexOf, lastIndexOf } = Buffer.prototype;
  const forByte = jest.spyOn(searches, 'indexOfByte').mockImplementation((chunk, byte, from) => {
    const at = indexOf.call(chunk, byte, from);
    count(byte, at < 0 ? chunk.length - from : at - from + 1);
    return at;
  });
  const forward = jest.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function (this: Buffer, needle, from) {
    const at = indexOf.call(this, needle as number, from as number);
    const start = (from as number | undefined) ?? 0;
    count(needle, at < 0 ? this.length - start : at - start + 1);
    return at;
  });
  const backward = jest.spyOn(Buffer.prototype, 'lastIndexOf').mockImplementation(function (
    this: Buffer,
    needle,
    from,
  ) {
    const at = lastIndexOf.call(this, needle as number, from as number);
    count(needle, ((from as number | undefined) ?? this.length - 1) - at);
    return at;
  });
  try {
    run();
  } finally {
    forByte.mockRestore();
    forward.mockRestore();
    backward.mockRestore();
  }
  return { bytes, total: () => [...bytes.values()].reduce((sum, n) => sum + n, 0) };
}
