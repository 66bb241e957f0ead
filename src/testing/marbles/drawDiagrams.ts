import { showBytes } from '../showBytes';
import type { MarbleChunk } from './marbleChunks';
import { marbleDiagram } from './marbleDiagram';
import { pickLetter } from './pickLetter';

/** The chunks of a direction in one millisecond, and its end: FIN or a break. */
export interface Instant {
  readonly time: number;
  readonly chunks: Buffer[];
  end?: '|' | '#';
}

/** Both directions of a connection as marbles. */
export interface Diagrams {
  readonly incoming: string;
  readonly written: string;
  /** What both hold, by letter; what is the same has one. */
  readonly values: Readonly<Record<string, MarbleChunk>>;
}

/**
 * Diagrams of what arrived and what was sent, with one legend.
 *
 * What arrives within a millisecond is one marble, a list where it was several chunks, since marbles of one moment would
 * need more time than a moment has. What is written within one is one chunk, as it is with a `marbleConnection`.
 */
export function drawDiagrams(arrived: readonly Instant[], sent: readonly Instant[]): Diagrams {
  const values: Record<string, MarbleChunk> = {};
  const letters = new Map<string, string>();
  const letter = (chunks: readonly Buffer[]) => {
    const key = chunks.map((chunk) => showBytes(chunk)).join(', ');
    let known = letters.get(key);
    if (known === undefined) {
      known = pickLetter(letters.size);
      letters.set(key, known);
      values[known] = chunks.length === 1 ? (chunks[0] as Buffer) : chunks;
    }
    return known;
  };
  const diagram = (direction: readonly Instant[], merge: (chunks: Buffer[]) => Buffer[]) =>
    marbleDiagram(
      direction.map(({ time, chunks, end = '' }) => ({
        time,
        marbles: `${chunks.length > 0 ? letter(merge(chunks)) : ''}${end}`,
      })),
    );
  const incoming = diagram(arrived, (chunks) => chunks);
  const written = diagram(sent, (chunks) => [Buffer.concat(chunks)]);
  return { incoming, written, values };
}
