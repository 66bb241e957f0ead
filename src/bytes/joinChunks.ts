/**
 * Makes few large pieces of many small ones: runs of strings and small chunks are copied into one Buffer, large chunks
 * pass as they are.
 *
 * A system call costs as much as copying some ten thousand bytes, so copying small chunks together is the cheaper way.
 * What is to be read (`ChunkQueue`) is joined later than that: only where many tiny chunks pile up, since a frame inside of one
 * chunk is a view, and no byte of it is copied.
 *
 * @param chunks - What is to be written, in order.
 * @param sizes - The bytes of each.
 */
export function joinChunks(chunks: readonly (Uint8Array | string)[], sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < chunks.length; ) {
    const chunk = chunks[i] as Uint8Array | string;
    let end = i;
    let bytes = 0;
    while (end < chunks.length && ((sizes[end] as number) <= SMALL || typeof chunks[end] === 'string')) {
      bytes += sizes[end++] as number;
    }
    if (end - i > 1) pieces.push(join(chunks, i, end, bytes));
    else if (typeof chunk === 'string') pieces.push(Buffer.from(chunk));
    else pieces.push(chunk);
    i = Math.max(end, i + 1);
  }
  return pieces;
}

/** Chunks of at most so many bytes are copied together. */
const SMALL = 8 * 1024;

function join(chunks: readonly (Uint8Array | string)[], from: number, to: number, bytes: number): Buffer {
  const piece = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let i = from; i < to; i++) {
    const chunk = chunks[i] as Uint8Array | string;
    if (typeof chunk === 'string') {
      at += piece.write(chunk, at);
    } else {
      piece.set(chunk, at);
      at += chunk.length;
    }
  }
  return piece;
}
