import { firstDifference } from '../firstDifference';
import { showInLine as show } from '../showInLine';
import type { DecoderTrial } from './DecoderTrial';
import { FrameTable } from './FrameTable';

/** What is decoded is encoded to the same bytes, or to others that decode to the same. */
export function verifyRoundTrip<T>(trial: DecoderTrial<T>): void {
  const { table, options } = trial;
  const { encode } = options;
  if (encode === undefined) return;
  const all = trial.read();
  all.push(table.whole);
  let next = 0;
  table.entries.forEach(({ bytes, frame }, i) => {
    if (frame === undefined) return;
    // As it was decoded: what is expected may be a matcher.
    const encoded = FrameTable.own(encode(all.emitted[next++] as T));
    if (!options.manyForms && !encoded.equals(bytes)) {
      throw new Error(
        `Cannot verify the decoder, encoding frame ${i}: there is ${show(encoded)}, and there should be ${show(bytes)}, ` +
          `from byte ${firstDifference(encoded, bytes)} on`,
      );
    }
    const reading = trial.expecting([frame]);
    reading.push(encoded);
    reading.end();
    reading.expect(() => `decoding what frame ${i} is encoded to, ${show(encoded)}`, 1, 'complete');
  });
}
