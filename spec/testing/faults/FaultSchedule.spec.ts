// Proves that faults are drawn as the plan says, and depend only on the position of the bytes.
import * as fc from 'fast-check';
import type { FaultPlan } from '../../../src/testing';
import { FaultSchedule, type Piece } from '../../../src/testing/faults/FaultSchedule';
import { fillFaultPlan } from '../../../src/testing/faults/fillFaultPlan';

const piecesOf = (seed: number, plan: FaultPlan, count: number): Piece[] => {
  const schedule = new FaultSchedule(seed, fillFaultPlan(plan));
  return Array.from({ length: count }, () => schedule.piece());
};
const share = (pieces: readonly Piece[], that: (piece: Piece) => boolean) => pieces.filter(that).length / pieces.length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('FaultSchedule', () => {
  it('has pieces without a gap, with the planned average length', () => {
    const pieces = piecesOf(1, { piece: 100 }, 5000);
    let position = 0;
    for (const piece of pieces) {
      expect(piece.position).toBe(position);
      position += piece.length;
    }
    expect(mean(pieces.map(({ length }) => length))).toBeGreaterThan(95);
    expect(mean(pieces.map(({ length }) => length))).toBeLessThan(105);
    expect(piecesOf(1, { piece: 1 }, 10).every(({ length }) => length === 1)).toBe(true);
  });

  it('has faults as often and as long as planned', () => {
    const pieces = piecesOf(2, { split: 0.25, coalesce: 0.1, jitter: 30, stall: 0.05, stallTime: 200 }, 20_000);
    expect(share(pieces, ({ split }) => split)).toBeCloseTo(0.25, 1);
    expect(share(pieces, ({ coalesce }) => coalesce)).toBeCloseTo(0.1, 1);
    expect(share(pieces, ({ stall }) => stall > 0)).toBeCloseTo(0.05, 1);
    const jitters = pieces.map(({ jitter }) => jitter);
    expect([Math.min(...jitters), Math.max(...jitters)]).toEqual([0, 30]);
    const stalls = pieces.map(({ stall }) => stall).filter(Boolean);
    expect(Math.min(...stalls)).toBeLessThan(10);
    expect(Math.max(...stalls)).toBeGreaterThan(190);
    expect(Math.max(...stalls)).toBeLessThanOrEqual(200);
  });

  it('has no fault with probability 0, and a fault everywhere with 1', () => {
    const [never, always] = [0, 1].map((p) => piecesOf(3, { split: p, coalesce: p, stall: p, jitter: 0 }, 1000));
    expect(share(never!, ({ split, coalesce, stall, jitter }) => split || coalesce || stall > 0 || jitter > 0)).toBe(0);
    expect(share(always!, ({ split, coalesce, stall }) => split && coalesce && stall > 0)).toBe(1);
  });

  it('keeps the other kinds in place when one kind is planned differently', () => {
    const [one, other] = [piecesOf(4, {}, 500), piecesOf(4, { split: 0, jitter: 0, stall: 0.9, stallTime: 5 }, 500)];
    expect(other.map(({ length, coalesce }) => [length, coalesce])).toEqual(
      one.map(({ length, coalesce }) => [length, coalesce]),
    );
  });

  it('corrupts the same bytes for any chunks, as many as planned, and never the input', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.constantFrom(1, 0.3, 0.01),
        fc.array(fc.nat(400), { minLength: 1, maxLength: 30 }),
        (seed, corrupt, sizes) => {
          const whole = Buffer.alloc(
            sizes.reduce((sum, size) => sum + size, 0),
            'x',
          );
          const corrupted = (cuts: readonly number[]) => {
            const schedule = new FaultSchedule(seed, fillFaultPlan({ corrupt }));
            const places: number[] = [];
            let position = 0;
            const chunks = cuts.map((size) => {
              const bytes = schedule.corrupted(whole.subarray(position, position + size), position, (at) =>
                places.push(at),
              );
              position += size;
              return bytes;
            });
            return { bytes: Buffer.concat(chunks), places };
          };
          const [pieces, once] = [corrupted(sizes), corrupted([whole.length])];
          expect(pieces.bytes.equals(once.bytes)).toBe(true);
          expect(pieces.places).toEqual(once.places);
          expect(once.places).toEqual([...once.bytes.keys()].filter((at) => once.bytes[at] !== whole[at]));
          if (corrupt === 1) expect(once.places).toHaveLength(whole.length);
          expect(whole.every((byte) => byte === 0x78)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
    const schedule = new FaultSchedule(9, fillFaultPlan({ corrupt: 0.01 }));
    let count = 0;
    schedule.corrupted(Buffer.alloc(100_000), 0, () => count++);
    expect(count).toBeGreaterThan(900);
    expect(count).toBeLessThan(1100);
  });
});
