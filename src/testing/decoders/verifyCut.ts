import type { DecoderReading } from './DecoderReading';
import type { DecoderTrial } from './DecoderTrial';

/** The bytes in these chunks give the frames, each with its last byte, and none of both changes. */
export function verifyCut<T>(
  trial: DecoderTrial<T>,
  name: string,
  chunks: readonly Buffer[],
  reading: DecoderReading<T> = trial.read(),
  from = 0,
): void {
  const { table } = trial;
  let at = from;
  for (const chunk of chunks) {
    reading.push(chunk);
    at += chunk.length;
    const place = at;
    reading.expect(() => `${name}, after ${table.place(place)}`, trial.count(from, at), 'open');
  }
  reading.end();
  reading.expect(`${name}, at the end`, trial.count(from, at), 'complete');
  const changed = table.changed();
  if (changed !== undefined) throw new Error(`Cannot verify the decoder, ${name}: it has changed ${changed}`);
}
