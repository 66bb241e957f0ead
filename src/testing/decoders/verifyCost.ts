import { StreamReader } from '../../reading/StreamReader';
import { countLooks } from './countLooks';
import type { DecoderTrial } from './DecoderTrial';

/** Looking at each byte so often is no search that starts again and again; nor are so many bytes in all. */
const TIMES = 8;
const BYTES = 64 * 1024;

/** How often each byte is looked at, when the bytes come in small chunks. */
export function verifyCost<T>(trial: DecoderTrial<T>): void {
  const { table } = trial;
  const reading = trial.read();
  if (!(reading.source instanceof StreamReader)) return;
  const looks = countLooks(reading.source.input.buffer);
  const chunks = table.fine(0, table.whole.length);
  reading.push(...chunks);
  const [given, looked] = [table.whole.length, looks()];
  if (looked <= TIMES * given + BYTES) return;
  throw new Error(
    `Cannot verify the decoder: it looks at ${looked} bytes to decode ${given}, which come in ${chunks.length} chunks; more than ` +
      `${TIMES} times as many, and ${BYTES}, are too many. It looks at the same bytes again with each chunk, so the time grows with the ` +
      `square of a frame's length: search with buffer.indexOf, which remembers how far it went, or pass { cost: false }`,
  );
}
