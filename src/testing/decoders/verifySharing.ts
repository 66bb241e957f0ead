import { blamingState } from './blamingState';
import type { DecoderTrial } from './DecoderTrial';

/**
 * Readers do not affect each other. It is asked before the cuts, which a decoder that keeps something would fail for reasons that no
 * cut explains.
 *
 * At each place the same is done without the other reader first. What fails then too has another reason, which the other checks tell.
 */
export function verifySharing<T>(trial: DecoderTrial<T>): void {
  const { table } = trial;
  const { whole, places } = table;
  const again = trial.read();
  again.push(whole);
  explaining(() => again.expect('all at once, by a second reader', table.frames.length, 'open'));
  for (const place of places) {
    const { from, to } = table.around(place);
    const all = trial.count(from, to);
    const before = whole.subarray(from, place);
    const behind = whole.subarray(place, to);

    const alone = trial.read(from);
    alone.push(before, behind);
    try {
      alone.expect('', all, 'open');
    } catch {
      return;
    }
    const [first, second] = [trial.read(from), trial.read(from)];
    explaining(() => {
      first.push(before);
      second.push(whole.subarray(from, to));
      second.expect(
        () => `two readers at once: one that reads all while another is at ${table.place(place)}`,
        all,
        'open',
      );
      first.push(behind);
      first.expect(() => `two readers at once: one at ${table.place(place)}, after another has read all`, all, 'open');
    });
  }
}

function explaining(verify: () => void): void {
  try {
    verify();
  } catch (error) {
    throw blamingState(error as Error);
  }
}
