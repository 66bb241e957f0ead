import { showBytes } from '../../bytes/showBytes';
import type { MarbleChunk } from '../../testing/marbles/marbleChunks';
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
  /** The chunks of both, by letter. Equal chunks have one letter. */
  readonly values: Readonly<Record<string, MarbleChunk>>;
}

/**
 * Diagrams of both directions, with the values of their letters.
 *
 * The chunks that arrive within a millisecond are one marble; its value is a list if there are several. (A group of marbles would
 * take more than a millisecond.) The bytes that are written within a millisecond are one chunk, as with a `marbleConnection`.
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
      direction
        .filter(({ chunks, end }) => chunks.length > 0 || end !== undefined)
        .map(({ time, chunks, end = '' }) => ({
          time,
          marbles: `${chunks.length > 0 ? letter(merge(chunks)) : ''}${end}`,
        })),
    );
  const incoming = diagram(arrived, (chunks) => chunks);
  const written = diagram(sent, (chunks) => [Buffer.concat(chunks)]);
  return { incoming, written, values };
}
