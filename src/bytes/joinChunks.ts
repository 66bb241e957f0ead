/**
 * Makes few large chunks of many small ones: it copies a run of strings and small chunks into one Buffer, and returns large
 * chunks as they are.
 *
 * A system call costs as much as copying about ten thousand bytes, so copying small chunks is cheaper.
 * Chunks that are to be read (`ChunkQueue`) are joined only where many tiny ones pile up: a frame in one chunk is a view, and
 * none of its bytes is copied.
 *
 * @param chunks - The chunks to write, in order.
 * @param sizes - How many bytes each has.
 */
export function joinChunks(chunks: readonly (Uint8Array | string)[], sizes: readonly number[]): Uint8Array[] {
  if (chunks.length === 1) return [toBytes(chunks[0] as Uint8Array | string)];
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < chunks.length; ) {
    const chunk = chunks[i] as Uint8Array | string;
    let end = i;
    let bytes = 0;
    while (end < chunks.length && ((sizes[end] as number) <= SMALL || typeof chunks[end] === 'string')) {
      bytes += sizes[end++] as number;
    }
    if (end - i > 1) pieces.push(join(chunks, i, end, bytes));
    else pieces.push(toBytes(chunk));
    i = Math.max(end, i + 1);
  }
  return pieces;
}

/** Chunks of at most this many bytes are copied together. */
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

function toBytes(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
